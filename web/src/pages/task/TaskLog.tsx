/* SPDX-License-Identifier: MIT */
import { DownloadOutlined } from '@ant-design/icons'
import { App, Button, Checkbox, Select } from 'antd'
import { useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { errorText } from '../../api/errors'
import type { Task } from '../../api/types'
import { SearchBox } from '../../components/SearchBox'
import { EmptyState } from '../../components/state/EmptyState'
import { ErrorState } from '../../components/state/ErrorState'
import { isActive } from '../../format/task'
import { useWindowed } from '../../hooks/useWindowed'
import { downloadLog } from './downloadLog'
import { filterLines, logLevels, type LogLevel } from './logFilter'
import { LogLines } from './LogLines'
import { useFollow } from './useFollow'
import { mostLines, useTaskLog } from './useTaskLog'

/* Of a line that is not broken, in pixels. */
const lineHeight = 19

function DownloadButton({ task, disabled }: { task: Task; disabled: boolean }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [busy, setBusy] = useState(false)
  const download = async () => {
    setBusy(true)
    await downloadLog(task).catch((error: unknown) => void message.error(errorText(error)))
    setBusy(false)
  }
  return (
    <Button icon={<DownloadOutlined />} loading={busy} disabled={disabled} onClick={() => void download()}>
      {t('log.download')}
    </Button>
  )
}

function LevelFilter({ value, onChange }: { value: LogLevel[]; onChange: (levels: LogLevel[]) => void }) {
  const { t } = useTranslation()
  return (
    <Select
      mode="multiple"
      maxTagCount="responsive"
      allowClear
      showSearch={false}
      aria-label={t('log.levels')}
      placeholder={t('log.levels')}
      value={value}
      options={logLevels.map((level) => ({ value: level, label: t(`log.level.${level}`) }))}
      onChange={onChange}
    />
  )
}

/* What has come to its end with no more than these needs no room for more. */
const fewLines = 20

/** The log of the task: levels, search, follow, download. */
export function TaskLog({ task, version }: { task: Task; version: string }) {
  const { t } = useTranslation()
  const { lines, loaded, error, retry } = useTaskLog(task, version)
  const [levels, setLevels] = useState<LogLevel[]>([])
  const [search, setSearch] = useState('')
  const shown = useMemo(() => filterLines(lines, levels, search), [lines, levels, search])
  const keys = useMemo(() => shown.map(({ id }) => id), [shown])
  const box = useRef<HTMLDivElement>(null)
  const windowed = useWindowed(box, keys, lineHeight)
  const { follow, setFollow, onScroll } = useFollow(box, windowed.total, isActive(task))
  const scrolled = () => {
    windowed.onScroll()
    onScroll()
  }

  const short = loaded && !isActive(task) && lines.length <= fewLines
  const count =
    shown.length === lines.length
      ? t('log.lines', { count: lines.length })
      : t('log.matches', { matches: shown.length, lines: lines.length })
  return (
    <>
      <div className="log-tools">
        <SearchBox className="log-search" value={search} label={t('log.search')} onSearch={setSearch} />
        <LevelFilter value={levels} onChange={setLevels} />
        <Checkbox checked={follow} onChange={(event) => setFollow(event.target.checked)}>
          {t('log.follow')}
        </Checkbox>
        <span className="muted nowrap log-count">{loaded && count}</span>
        <DownloadButton task={task} disabled={lines.length === 0} />
      </div>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to take the focus */}
      <div className={short ? 'log log-short' : 'log'} ref={box} onScroll={scrolled} role="region" aria-label={t('log.region')} tabIndex={0}>
        {error !== undefined && !loaded && <ErrorState error={error} onRetry={retry} />}
        {loaded && lines.length === 0 && <EmptyState text={t(isActive(task) ? 'log.empty' : 'log.emptyEnded')} />}
        {lines.length > 0 && shown.length === 0 && <EmptyState text={t('log.noMatch')} />}
        <LogLines lines={shown} search={search} windowed={windowed} />
        {lines.length >= mostLines && <p className="muted panel-pad">{t('log.truncated', { count: mostLines })}</p>}
      </div>
    </>
  )
}
