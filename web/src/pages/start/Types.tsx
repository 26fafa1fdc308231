/* SPDX-License-Identifier: MIT */
import type { TFunction } from 'i18next'
import { Button } from 'antd'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'
import type { TaskStatus, TypeOverview } from '../../api/types'
import { DataTable, type Column } from '../../components/DataTable'
import { useRoomFor } from '../../components/Records'
import { useLanguage } from '../../i18n/useLanguage'
import { useNames } from '../../i18n/useNames'
import { failureRate, share } from './figures'

function Count({ row, status }: { row: TypeOverview; status: TaskStatus }) {
  const { t } = useTranslation()
  const names = useNames()
  const language = useLanguage()
  const count = row[status]
  if (count === 0) return <span className="figure muted">0</span>
  const time = status === 'pending' || status === 'running' ? '' : '&time=lastDay'
  return (
    <Link
      aria-label={t('start.countOf', { type: names.type(row.type), status: t(`status.${status}`), count, formatted: count.toLocaleString(language) })}
      className={`figure ${status === 'failed' ? 'bad' : ''}`}
      to={`/tasks?type=${encodeURIComponent(row.type)}&status=${status}${time}`}
    >
      {count.toLocaleString(language)}
    </Link>
  )
}

function Rate({ row }: { row: TypeOverview }) {
  const language = useLanguage()
  const rate = failureRate(row)
  return <span className="figure">{rate === null ? '–' : share(rate, language)}</span>
}

function TypeName({ type }: { type: string }) {
  const names = useNames()
  return <bdi className="cell-text">{names.type(type)}</bdi>
}

const counted = ['pending', 'running', 'success', 'failed', 'cancelled'] as const
/* A phone has room for these. */
const countedNarrow = ['success', 'failed'] as const
/* Rows shown at first. */
const fewRows = 8

function columnsOf(t: TFunction, narrow: boolean): Column<TypeOverview>[] {
  return [
    { key: 'type', title: t('tasks.column.type'), cell: ({ type }) => <TypeName type={type} />, least: narrow ? 90 : undefined },
    ...(narrow ? countedNarrow : counted).map((status) => ({
      key: status,
      title: t(`status.${status}`),
      width: narrow ? 70 : 104,
      end: true,
      cell: (row: TypeOverview) => <Count row={row} status={status} />,
    })),
    { key: 'rate', title: t('start.rate'), width: narrow ? 64 : 110, end: true, cell: (row) => <Rate row={row} /> },
  ]
}

const keyOf = (row: TypeOverview) => row.type

/** Which kinds of tasks run, wait and fail. */
export function Types({ rows }: { rows: TypeOverview[] }) {
  const { t } = useTranslation()
  const [whole, setWhole] = useState(false)
  const all = useMemo(() => columnsOf(t, false), [t])
  const few = useMemo(() => columnsOf(t, true), [t])
  const columns = useRoomFor(all) ? all : few
  if (rows.length === 0) return null
  return (
    <section className="panel">
      <div className="panel-pad panel-title">
        <h2>{t('start.byType')}</h2>
        <p className="muted">{t('start.byTypeText')}</p>
      </div>
      <DataTable label={t('start.byType')} columns={columns} rows={whole ? rows : rows.slice(0, fewRows)} rowKey={keyOf} />
      {rows.length > fewRows && (
        <div className="panel-more">
          <Button type="link" aria-expanded={whole} onClick={() => setWhole(!whole)}>
            {whole ? t('start.fewTypes') : t('start.allTypes', { count: rows.length })}
          </Button>
        </div>
      )}
    </section>
  )
}
