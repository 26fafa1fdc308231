/* SPDX-License-Identifier: MIT */
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import type { UserStatus } from '../../api/types'
import { SearchBox } from '../../components/SearchBox'
import { userStatuses, type UserFilters } from './filters'

interface Props {
  filters: UserFilters
  onChange: (change: Partial<UserFilters>) => void
}

export function UserFilterBar({ filters, onChange }: Props) {
  const { t } = useTranslation()
  return (
    <div className="filters" role="search">
      <SearchBox
        className="filter-search"
        value={filters.keywords}
        label={t('users.search')}
        hint={t('tasks.searchHint')}
        onSearch={(keywords) => onChange({ keywords })}
      />
      <Select
        aria-label={t('users.status')}
        value={filters.status || undefined}
        placeholder={t('users.anyStatus')}
        allowClear
        options={userStatuses.map((status) => ({ value: status, label: t(`userStatus.${status}`) }))}
        onChange={(status?: UserStatus) => onChange({ status: status ?? '' })}
      />
    </div>
  )
}
