/* SPDX-License-Identifier: MIT */
import { Skeleton } from 'antd'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router-dom'
import { api, type Page as ListPage } from '../../api/client'
import type { User } from '../../api/types'
import { useSession } from '../../auth/SessionContext'
import { Page } from '../../components/layout/Page'
import { Pager } from '../../components/Pager'
import { Records } from '../../components/Records'
import { EmptyState } from '../../components/state/EmptyState'
import { ErrorState } from '../../components/state/ErrorState'
import { useResource, type Resource } from '../../hooks/useResource'
import { ExportButton } from './ExportButton'
import { readUserFilters, writeUserFilters, type UserFilters } from './filters'
import { UserFilterBar } from './UserFilterBar'
import { userColumns } from './columns'

const keyOf = (user: User) => user.id

const pageSizes = [10, 20, 50, 100]

function Rows({ users, filtered }: { users: Resource<ListPage<User>>; filtered: boolean }) {
  const { t } = useTranslation()
  const { has } = useSession()
  const { data, error, loading, refresh } = users
  const mayChange = has('authorization:user:update')
  const columns = useMemo(() => userColumns(t, mayChange ? refresh : undefined), [t, mayChange, refresh])
  if (!data) {
    return error === undefined ? <Skeleton active className="panel-pad" paragraph={{ rows: 10 }} /> : <ErrorState error={error} onRetry={refresh} />
  }
  if (data.total === 0) return <EmptyState text={t(filtered ? 'users.emptyFiltered' : 'users.empty')} />
  return <Records label={t('users.table')} columns={columns} rows={data.data} rowKey={keyOf} busy={loading} />
}

export default function UsersPage() {
  const { t } = useTranslation()
  const [query, setQuery] = useSearchParams()
  const filters = useMemo(() => readUserFilters(query), [query])
  const update = (change: Partial<UserFilters>) => setQuery(writeUserFilters({ ...filters, current: 1, ...change }), { replace: true })
  const { keywords, status, current, pageSize } = filters
  const users = useResource(`users?${query.toString()}`, (signal) =>
    api.authorization.listUsers({ current, page_size: pageSize, keywords, status }, { signal }),
  )
  return (
    <Page title={t('users.title')} actions={<ExportButton keywords={keywords} status={status} />}>
      <div className="panel">
        <UserFilterBar filters={filters} onChange={update} />
        <Rows users={users} filtered={keywords !== '' || status !== ''} />
        {users.data && users.data.total > 0 && (
          <Pager
            current={current}
            pageSize={pageSize}
            pageSizes={pageSizes}
            total={users.data.total}
            answered={users.data.current}
            onChange={(page, size) => update({ current: page, pageSize: size })}
          />
        )}
      </div>
    </Page>
  )
}
