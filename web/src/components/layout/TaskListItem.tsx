/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'
import type { Task } from '../../api/types'
import { useSession } from '../../auth/SessionContext'
import { isActive } from '../../format/task'
import { useNames } from '../../i18n/useNames'
import { DownloadLink } from '../task/DownloadLink'
import { ProgressBar } from '../task/ProgressBar'
import { StatusTag } from '../task/StatusTag'

/** One task of the header's list: type, status, progress while it is active, download. */
export function TaskListItem({ task, onLeave }: { task: Task; onLeave: () => void }) {
  const { t } = useTranslation()
  const { has } = useSession()
  const names = useNames()
  const name = names.type(task.type)
  return (
    <li className="recent-item">
      <span className="recent-name">
        {has('task:view') ? (
          <Link to={`/tasks/${task.id}`} onClick={onLeave}>
            <bdi>{name}</bdi>
          </Link>
        ) : (
          <bdi>{name}</bdi>
        )}
        {task.artifact_file_name && <span className="muted"> - <bdi>{task.artifact_file_name}</bdi></span>}
      </span>
      <StatusTag task={task} />
      <span>{task.artifact_file_key && <DownloadLink task={task} />}</span>
      {isActive(task) && (
        <ProgressBar percent={task.progress} status={task.status} label={t('progress.of', { type: name })} />
      )}
    </li>
  )
}
