/* SPDX-License-Identifier: MIT */
import { CloseOutlined, DeleteOutlined, EyeOutlined, RedoOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'
import type { Task } from '../../api/types'
import { useSession } from '../../auth/SessionContext'
import { canCancel, canRetry, isActive } from '../../format/task'
import { useNames } from '../../i18n/useNames'
import { DownloadLink } from './DownloadLink'
import type { AskedActions } from './useTaskActions'

/* Keeps its place when it is empty, so that the buttons of all rows stand below each other. */
function Slot({ children }: { children: ReactNode }) {
  return <span className="row-actions-slot">{children}</span>
}

/** What can be done with one task of a list: what its state and the user's role allow. */
export function TaskActions({ task, actions }: { task: Task; actions: AskedActions }) {
  const { t } = useTranslation()
  const { has } = useSession()
  const names = useNames()
  const label = (action: string) => t('action.of', { action, type: names.type(task.type), id: task.id.slice(0, 8) })
  const button = (action: string, icon: ReactNode, onClick: () => void, disabled = false) => (
    <Button type="text" icon={icon} aria-label={label(action)} title={action} disabled={disabled} onClick={onClick} />
  )
  return (
    <span className="row-actions">
      {has('task:view') && (
        <Link to={`/tasks/${task.id}`} className="icon-link" aria-label={label(t('action.view'))} title={t('action.view')}>
          <EyeOutlined />
        </Link>
      )}
      <Slot>
        {isActive(task) &&
          has('task:cancel') &&
          button(t('action.cancel'), <CloseOutlined />, () => actions.cancel(task), !canCancel(task))}
        {canRetry(task) && has('task:retry') && button(t('action.retry'), <RedoOutlined />, () => actions.retry(task))}
      </Slot>
      <Slot>{task.artifact_file_key && <DownloadLink task={task} />}</Slot>
      {has('task:delete') && button(t('action.delete'), <DeleteOutlined />, () => actions.remove(task))}
    </span>
  )
}
