/* SPDX-License-Identifier: MIT */
import { Skeleton } from 'antd'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router-dom'
import { api } from '../../api/client'
import type { AuditEvent } from '../../api/types'
import { Page } from '../../components/layout/Page'
import { Pager } from '../../components/Pager'
import { Records } from '../../components/Records'
import { SearchBox } from '../../components/SearchBox'
import { EmptyState } from '../../components/state/EmptyState'
import { ErrorState } from '../../components/state/ErrorState'
import { useResource } from '../../hooks/useResource'
import { useNames } from '../../i18n/useNames'
import { auditColumns } from './columns'
import { KindFilter } from './KindFilter'

const keyOf = (event: AuditEvent) => event.id

const pageSizes = [20, 50, 100]
const fields = [
  { name: 'actor', text: 'audit.filterActor' },
  { name: 'task_id', text: 'audit.filterTask' },
] as const

type Filters = Partial<Record<(typeof fields)[number]['name'] | 'kind' | 'current' | 'page_size', string>>

function useFilters() {
  const [query, setQuery] = useSearchParams()
  const filters: Filters = Object.fromEntries(query)
  const update = (change: Filters) => {
    const next = Object.entries({ ...filters, current: '', ...change }).filter(([, value]) => value !== '')
    setQuery(new URLSearchParams(next), { replace: true })
  }
  return { filters, update, key: query.toString() }
}

/** Who did what, for administrators. */
export default function AuditPage() {
  const { t } = useTranslation()
  const names = useNames()
  const { filters, update, key } = useFilters()
  const { kind, actor, task_id } = filters
  const current = Number(filters.current) || 1
  const pageSize = Number(filters.page_size) || pageSizes[0]
  const { data, error, loading, refresh } = useResource(`audit?${key}`, (signal) =>
    api.system.listAuditEvents({ current, page_size: pageSize, kind, actor, task_id }, { signal }),
  )
  const columns = useMemo(() => auditColumns(t, names), [t, names])
  const filtered = Boolean(kind || actor || task_id)
  return (
    <Page title={t('audit.title')}>
      <div className="panel">
        <div className="filters" role="search">
          <KindFilter value={kind ?? ''} onChange={(chosen) => update({ kind: chosen })} />
          {fields.map(({ name, text }) => (
            <SearchBox key={name} className="filter-search" value={filters[name] ?? ''} label={t(text)} onSearch={(value) => update({ [name]: value })} />
          ))}
        </div>
        {!data && error === undefined && <Skeleton active className="panel-pad" paragraph={{ rows: 10 }} />}
        {!data && error !== undefined && <ErrorState error={error} onRetry={refresh} />}
        {data?.total === 0 && <EmptyState text={t(filtered ? 'audit.emptyFiltered' : 'audit.empty')} />}
        {data && data.total > 0 && (
          <>
            <Records label={t('audit.table')} columns={columns} rows={data.data} rowKey={keyOf} busy={loading} />
            <Pager
              current={current}
              pageSize={pageSize}
              pageSizes={pageSizes}
              total={data.total}
              answered={data.current}
              onChange={(page, size) => update({ current: String(page), page_size: String(size) })}
            />
          </>
        )}
      </div>
    </Page>
  )
}
