/* SPDX-License-Identifier: MIT */
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'
import type { Overview } from '../../api/types'
import { duration } from '../../format/time'
import { atMost } from '../../format/count'
import { useLanguage } from '../../i18n/useLanguage'
import { failureRate, share, totals } from './figures'

/* Counting pending tasks stops there. */
const mostPending = 100_000

interface TileProps {
  title: string
  /** Undefined while it is not known. */
  figure: string | undefined
  to: string
  bad?: boolean
  children: ReactNode
}

function Tile({ title, figure, to, bad = false, children }: TileProps) {
  return (
    <div className={`panel tile ${bad ? 'tile-bad' : ''}`}>
      <h2>
        <Link to={to}>{title}</Link>
      </h2>
      <div className="tile-figure">{figure ?? '–'}</div>
      <div className="muted">{children ?? '\u200b'}</div>
    </div>
  )
}

function Running({ data }: { data: Overview | undefined }) {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <Tile title={t('start.running')} figure={data?.running.toLocaleString(language)} to="/tasks?status=running">
      {data && (
        <>
          {t('start.ofMax', { max: data.max_concurrent })}
          <progress className="bar bar-running" aria-label={t('start.running')} max={data.max_concurrent} value={Math.min(data.running, data.max_concurrent)} />
        </>
      )}
    </Tile>
  )
}

/* How long the oldest one waits, by the service's clock alone. */
function waited(data: Overview): number | null {
  return data.oldest_due_at ? Date.parse(data.as_of) - Date.parse(data.oldest_due_at) : null
}

function Waiting({ data }: { data: Overview | undefined }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const wait = data ? waited(data) : null
  return (
    <Tile title={t('start.queue')} figure={data && atMost(data.pending, mostPending, language)} to="/tasks?status=pending">
      {wait !== null && <div>{t('start.oldest', { time: duration(wait, language) })}</div>}
      {data && data.due_later > 0 && <div>{t('start.later', { count: data.due_later, formatted: atMost(data.due_later, mostPending, language) })}</div>}
      {data?.pending === 0 && t('start.queueEmpty')}
    </Tile>
  )
}

/** The four figures that say whether all is well. */
export function Tiles({ data }: { data: Overview | undefined }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const ends = data && totals(data.outcomes)
  const hours = data?.outcomes.length
  const rate = ends ? failureRate(ends) : null
  return (
    <div className="tiles">
      <Running data={data} />
      <Waiting data={data} />
      <Tile
        title={t('start.failures')}
        figure={ends?.failed.toLocaleString(language)}
        to="/tasks?status=failed&time=lastDay"
        bad={ends !== undefined && ends.failed > 0}
      >
        {ends && t('start.lastHours', { count: hours })}
        {rate !== null && <div>{t('start.failureRate', { rate: share(rate, language) })}</div>}
      </Tile>
      <Tile title={t('start.finished')} figure={ends?.success.toLocaleString(language)} to="/tasks?status=success&time=lastDay">
        {ends && t('start.lastHours', { count: hours })}
        {ends && ends.cancelled > 0 && <div>{t('start.cancelledToo', { count: ends.cancelled, formatted: ends.cancelled.toLocaleString(language) })}</div>}
      </Tile>
    </div>
  )
}
