/* SPDX-License-Identifier: MIT */
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { TaskLogLine } from '../../api/types'
import { clockTime, zonedTime } from '../../format/time'
import type { Windowed } from '../../hooks/useWindowed'
import { useLanguage } from '../../i18n/useLanguage'
import { splitMatches } from './logFilter'

interface LineProps {
  line: TaskLogLine
  search: string
  /** The first line of its attempt. */
  begins: boolean
}

const Line = memo(function Line({ line, search, begins }: LineProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const moment = Date.parse(line.created_at)
  return (
    <div className="log-row">
      {begins && <div className="log-attempt">{t('log.attempt', { attempt: line.attempt })}</div>}
      <div className={`log-line log-${line.level}`}>
        <time className="log-time" dateTime={line.created_at} title={zonedTime(moment, language)}>
          {clockTime(moment, language)}
        </time>
        <span className="log-level">{t(`log.level.${line.level}`)}</span>
        <span className="log-text" dir="auto">
          {splitMatches(line.message, search).map((piece, index) => (index % 2 ? <mark key={index}>{piece}</mark> : piece))}
        </span>
      </div>
    </div>
  )
})

interface Props {
  lines: TaskLogLine[]
  search: string
  windowed: Windowed
}

function Room({ height }: { height: number }) {
  return <div style={{ height }} />
}

/** The lines that can be seen; room for the others. */
export function LogLines({ lines, search, windowed }: Props) {
  const { first, end, before, behind, rows } = windowed
  const attempts = lines.length > 0 && lines[lines.length - 1].attempt > 1
  const begins = (index: number) => attempts && (index === 0 || lines[index].attempt !== lines[index - 1].attempt)
  return (
    <>
      <Room height={before} />
      <div ref={rows}>
        {lines.slice(first, end).map((line, index) => (
          <Line key={line.id} line={line} search={search} begins={begins(first + index)} />
        ))}
      </div>
      <Room height={behind} />
    </>
  )
}
