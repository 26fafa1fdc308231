/* SPDX-License-Identifier: MIT */
import type { TFunction } from 'i18next'
import { Button } from 'antd'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'
import type { TaskStatus, TypeOverview } from '../../api/types'
import { DataTable, type Column } from '../../components/DataTable'
import { useIsNarrow } from '../../hooks/useMediaQuery'
import { useLanguage } from '../../i18n/useLanguage'
import { useNames } from '../../i18n/useNames'
import { failureRate, share } from './figures'

function Count({ row, status }: { row: TypeOverview; status: TaskStatus }) {
  const language = useLanguage()
  const count = row[status]
  if (count === 0) return <span className="figure muted">0</span>
  const time = status === 'pending' || status === 'running' ? '' : '&time=lastDay'
  return (
    <Link className={`figure ${status === 'failed' ? 'bad' : ''}`} to={`/tasks?type=${encodeURIComponent(row.type)}&status=${status}${time}`}>
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
  return <span className="cell-text">{names.type(type)}</span>
}

const counted = ['pending', 'running', 'success', 'failed', 'cancelled'] as const
/* A phone has room for these. */
const countedNarrow = ['success', 'failed'] as const
/* Rows shown at first. */
const few = 8

function columnsOf(t: TFunction, narrow: boolean): Column<TypeOverview>[] {
  return [
    { key: 'type', title: t('tasks.column.type'), cell: ({ type }) => <TypeName type={type} />, width: narrow ? 100 : undefined },
    ...(narrow ? countedNarrow : counted).map((status) => ({
      key: status,
      title: t(`status.${status}`),
      width: narrow ? 68 : 104,
      end: true,
      cell: (row: TypeOverview) => <Count row={row} status={status} />,
    })),
    { key: 'rate', title: t('start.rate'), width: narrow ? 92 : 110, end: true, cell: (row) => <Rate row={row} /> },
  ]
}

const keyOf = (row: TypeOverview) => row.type

/** Which kinds of tasks run, wait and fail. */
export function Types({ rows }: { rows: TypeOverview[] }) {
  const { t } = useTranslation()
  const narrow = useIsNarrow()
  const [all, setAll] = useState(false)
  const columns = useMemo(() => columnsOf(t, narrow), [t, narrow])
  if (rows.length === 0) return null
  return (
    <section className="panel">
      <div className="panel-pad panel-title">
        <h2>{t('start.byType')}</h2>
        <p className="muted">{t('start.byTypeText')}</p>
      </div>
      <DataTable label={t('start.byType')} columns={columns} rows={all ? rows : rows.slice(0, few)} rowKey={keyOf} />
      {rows.length > few && (
        <div className="panel-more">
          <Button type="link" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? t('start.fewTypes') : t('start.allTypes', { count: rows.length })}
          </Button>
        </div>
      )}
    </section>
  )
}
