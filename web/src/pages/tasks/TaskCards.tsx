/* SPDX-License-Identifier: MIT */
import { Checkbox } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Task } from '../../api/types'
import { useSession } from '../../auth/SessionContext'
import { ActorName } from '../../components/text/ActorName'
import { RelativeTime } from '../../components/text/RelativeTime'
import { StatusTag } from '../../components/task/StatusTag'
import { TaskActions } from '../../components/task/TaskActions'
import { TaskLink } from '../../components/task/TaskLink'
import { TaskProgress } from '../../components/task/TaskProgress'
import type { AskedActions } from '../../components/task/useTaskActions'
import type { Selection } from './useSelection'

interface Props {
  tasks: Task[]
  actions: AskedActions
  /** Absent if there is nothing that could be done with several tasks. */
  selection?: Selection
}

function Card({ task, actions, selection }: { task: Task } & Omit<Props, 'tasks'>) {
  const { t } = useTranslation()
  const { isAdmin } = useSession()
  return (
    <li className="card">
      <div className="card-head">
        {selection && (
          <Checkbox
            checked={selection.has(task.id)}
            aria-label={t('tasks.select', { id: task.id.slice(0, 8) })}
            onChange={() => selection.toggle(task)}
          />
        )}
        <span className="task-type grow">
          <TaskLink id={task.id} type={task.type} />
        </span>
        <StatusTag task={task} />
      </div>
      <TaskProgress task={task} />
      <div className="card-foot">
        <span className="card-meta">
          <RelativeTime value={task.created_at} />
          {isAdmin && <ActorName id={task.creator_id} />}
        </span>
        <TaskActions task={task} actions={actions} />
      </div>
    </li>
  )
}

/** The list for narrow screens. */
export function TaskCards({ tasks, actions, selection }: Props) {
  return (
    <ul className="cards">
      {tasks.map((task) => (
        <Card key={task.id} task={task} actions={actions} selection={selection} />
      ))}
    </ul>
  )
}
