/* SPDX-License-Identifier: MIT */
import { Button, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import { taskStatuses } from '../../api/types'
import { useSession } from '../../auth/SessionContext'
import { SearchBox } from '../../components/SearchBox'
import { useResource } from '../../hooks/useResource'
import { useNames } from '../../i18n/useNames'
import { CreatorFilter } from './CreatorFilter'
import { hasFilters } from './filters'
import { TimeFilter } from './TimeFilter'
import type { FilterState } from './useTaskFilters'

function TypeFilter({ filters, update }: FilterState) {
  const { t } = useTranslation()
  const names = useNames()
  const { data } = useResource('task-types', (signal) => api.system.listTaskTypes({}, { signal }))
  const known = (data ?? []).map(({ name }) => name)
  const all = filters.type && !known.includes(filters.type) ? [...known, filters.type] : known
  return (
    <Select
      aria-label={t('tasks.filterType')}
      value={filters.type || undefined}
      placeholder={t('tasks.anyType')}
      allowClear
      showSearch
      optionFilterProp="label"
      options={all.map((type) => ({ value: type, label: names.type(type) }))}
      onChange={(type?: string) => update({ type: type ?? '' })}
    />
  )
}

function StatusFilter({ filters, update }: FilterState) {
  const { t } = useTranslation()
  return (
    <Select
      aria-label={t('tasks.filterStatus')}
      mode="multiple"
      maxTagCount="responsive"
      value={filters.status}
      placeholder={t('tasks.anyStatus')}
      allowClear
      showSearch={false}
      options={taskStatuses.map((status) => ({ value: status, label: t(`status.${status}`) }))}
      onChange={(status) => update({ status })}
    />
  )
}

export function TaskFilterBar(state: FilterState) {
  const { t } = useTranslation()
  const { isAdmin } = useSession()
  const { filters, update, reset } = state
  return (
    <div className="filters" role="search">
      <SearchBox
        className="filter-search"
        value={filters.search}
        label={t('tasks.search')}
        hint={t('tasks.searchHint')}
        onSearch={(search) => update({ search })}
      />
      <StatusFilter {...state} />
      <TypeFilter {...state} />
      {isAdmin && <CreatorFilter value={filters.creator} onChange={(creator) => update({ creator })} />}
      <TimeFilter {...state} />
      {hasFilters(filters) && <Button onClick={reset}>{t('common.reset')}</Button>}
    </div>
  )
}
