/* SPDX-License-Identifier: MIT */
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { useSession } from '../../auth/SessionContext'
import type { BulkName, TaskView } from '../../components/task/useTaskActions'
import { atMost } from '../../format/count'
import { percentText } from '../../format/percent'
import { useLanguage } from '../../i18n/useLanguage'
import type { TaskFilters } from './filters'
import { mostListed, narrowed } from './matching'
import { applicable, useBulk } from './useBulk'
import type { BulkProgress } from './useBulkRun'
import type { Selection } from './useSelection'

interface Props {
  selection: Selection
  view: TaskView
  filters: TaskFilters
  /** Of all pages. */
  total: number
  /** Nothing of this page is left to be ticked, or not easily. */
  wholePage: boolean
}

function Working({ progress, onStop }: { progress: BulkProgress; onStop: () => void }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { found, done, total } = progress
  const text = done === 0 && found > 0 ? t('bulk.finding', { found }) : t('bulk.working', { done, total })
  /* Read out at each tenth: all of it would never end. */
  const tenths = Math.floor((done * 10) / total)
  return (
    <>
      <span className="figure">{text}</span>
      <progress className="bar bar-running bulk-bar" max={total} value={done} aria-label={t('bulk.progress')} />
      <span className="visually-hidden" role="status">
        {t('bulk.sofar', { percent: percentText(tenths * 10, language), total })}
      </span>
      <Button onClick={onStop}>{t('bulk.stop')}</Button>
    </>
  )
}

const names = ['cancel', 'retry', 'delete'] as const

/** What can be done with all selected tasks, with the number of those that it would change. */
export function BulkBar({ selection, view, filters, total, wholePage }: Props) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { has } = useSession()
  const { ask, askAll, stop, progress, counting } = useBulk(view, selection.clear)
  const count = selection.tasks.length
  if (count === 0 && !progress) return null
  const all = { count: total, formatted: atMost(total, mostListed, language) }
  const text = selection.everything ? t('bulk.allSelected', all) : t('bulk.selected', { count })

  const button = (name: BulkName) => {
    const affected = applicable(name, selection.tasks).length
    const possible = selection.everything ? narrowed(name, filters) !== null : affected > 0
    const label = selection.everything ? t(`bulk.${name}All`) : t(`bulk.${name}`, { formatted: affected.toLocaleString(language) })
    const act = () => (selection.everything ? void askAll(name, filters) : ask(name, selection.tasks))
    return (
      <Button key={name} danger={name !== 'retry'} disabled={!possible || counting} onClick={act}>
        {label}
      </Button>
    )
  }
  return (
    <div className="bulk" role="group" aria-label={text}>
      {progress ? (
        <Working progress={progress} onStop={stop} />
      ) : (
        <>
          <span role="status">{text}</span>
          {wholePage && total > count && !selection.everything && (
            <Button type="link" className="link-flat" onClick={selection.selectEverything}>
              {t('bulk.selectAll', all)}
            </Button>
          )}
          {names.filter((name) => has(`task:${name}`)).map(button)}
          <Button type="text" onClick={selection.clear}>
            {t('bulk.clear')}
          </Button>
        </>
      )}
    </div>
  )
}
