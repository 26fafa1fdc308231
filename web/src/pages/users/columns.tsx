/* SPDX-License-Identifier: MIT */
import type { TFunction } from 'i18next'
import type { User } from '../../api/types'
import type { Column } from '../../components/DataTable'
import { RelativeTime } from '../../components/text/RelativeTime'
import { ExpireButton } from './ExpireButton'

/** `onChanged`: for who may change users. */
export function userColumns(t: TFunction, onChanged?: () => void): Column<User>[] {
  const columns: Column<User>[] = [
    { key: 'username', title: t('users.column.username'), head: 1, cell: (user) => <bdi className="task-type">{user.username}</bdi> },
    { key: 'fullName', title: t('users.column.fullName'), cell: (user) => user.full_name && <bdi className="cell-text">{user.full_name}</bdi> },
    { key: 'email', title: t('users.column.email'), width: 210, cell: (user) => user.email && <bdi className="cell-text">{user.email}</bdi> },
    {
      key: 'status',
      title: t('users.column.status'),
      width: 150,
      head: 2,
      cell: (user) => <span className={`status status-${user.status}`}>{t(`userStatus.${user.status}`)}</span>,
    },
    { key: 'roles', title: t('users.column.roles'), width: 120, cell: (user) => user.roles.map((role) => role.name).join(t('receipt.comma')) },
    { key: 'source', title: t('users.column.source'), width: 84, cell: (user) => t(`source.${user.source}`) },
    {
      key: 'lastLogin',
      title: t('users.column.lastLogin'),
      width: 130,
      cell: (user) => (user.last_login ? <RelativeTime value={user.last_login} /> : <span className="muted">{t('users.never')}</span>),
    },
    { key: 'created', title: t('users.column.created'), width: 130, cell: (user) => <RelativeTime value={user.created_at} /> },
  ]
  if (!onChanged) return columns
  const expire = (user: User) => user.status === 'active' && <ExpireButton user={user} onDone={onChanged} />
  /* Keeps its place when it is empty, so that all rows are of one height. */
  const cell = (user: User) => <span className="user-action">{expire(user)}</span>
  return [...columns, { key: 'actions', title: t('users.column.actions'), width: 80, head: 3, cell }]
}
