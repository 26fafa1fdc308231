/* SPDX-License-Identifier: MIT */
import type { TFunction } from 'i18next'
import type { User } from '../../api/types'
import type { Column } from '../../components/DataTable'
import { RelativeTime } from '../../components/text/RelativeTime'
import { ExpireButton } from './ExpireButton'

/** `onChanged`: for who may change users. */
export function userColumns(t: TFunction, onChanged?: () => void): Column<User>[] {
  return [
    { key: 'username', title: t('users.column.username'), cell: (user) => <span className="task-type">{user.username}</span> },
    { key: 'fullName', title: t('users.column.fullName'), cell: (user) => <span className="cell-text">{user.full_name}</span> },
    { key: 'email', title: t('users.column.email'), width: 220, cell: (user) => <span className="cell-text">{user.email}</span> },
    {
      key: 'status',
      title: t('users.column.status'),
      width: 150,
      cell: (user) => <span className={`status status-${user.status}`}>{t(`userStatus.${user.status}`)}</span>,
    },
    { key: 'roles', title: t('users.column.roles'), width: 130, cell: (user) => user.roles.map((role) => role.name).join(', ') },
    { key: 'source', title: t('users.column.source'), width: 90, cell: (user) => t(`source.${user.source}`) },
    {
      key: 'lastLogin',
      title: t('users.column.lastLogin'),
      width: 140,
      cell: (user) => (user.last_login ? <RelativeTime value={user.last_login} /> : <span className="muted">{t('users.never')}</span>),
    },
    { key: 'created', title: t('users.column.created'), width: 130, cell: (user) => <RelativeTime value={user.created_at} /> },
    ...(onChanged
      ? [
          {
            key: 'actions',
            title: t('users.column.actions'),
            width: 80,
            cell: (user: User) => (
              /* Keeps its place when it is empty, so that all rows are of one height. */
              <span className="user-action">{user.status === 'active' && <ExpireButton user={user} onDone={onChanged} />}</span>
            ),
          },
        ]
      : []),
  ]
}
