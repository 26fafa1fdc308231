/* SPDX-License-Identifier: MIT */
import type { TFunction } from 'i18next'
import type { Task } from '../../api/types'
import type { Column } from '../../components/DataTable'
import { ActorName } from '../../components/text/ActorName'
import { RelativeTime } from '../../components/text/RelativeTime'
import { StatusTag } from '../../components/task/StatusTag'
import { TaskActions } from '../../components/task/TaskActions'
import { TaskLink } from '../../components/task/TaskLink'
import { TaskProgress } from '../../components/task/TaskProgress'
import type { AskedActions } from '../../components/task/useTaskActions'

function TypeCell({ task }: { task: Task }) {
  return (
    <>
      <span className="task-type">
        <TaskLink id={task.id} type={task.type} />
      </span>
      <span className="task-id" title={task.id}>
        {task.id.slice(0, 8)}
      </span>
    </>
  )
}

/** Widths are fixed, so that nothing moves while the rows change. */
export function taskColumns(t: TFunction, withCreator: boolean, actions: AskedActions): Column<Task>[] {
  const all: Column<Task>[] = [
    { key: 'type', title: t('tasks.column.type'), cell: (task) => <TypeCell task={task} /> },
    { key: 'status', title: t('tasks.column.status'), width: 130, cell: (task) => <StatusTag task={task} /> },
    { key: 'progress', title: t('tasks.column.progress'), least: 200, cell: (task) => <TaskProgress task={task} /> },
    { key: 'creator', title: t('tasks.column.creator'), width: 130, cell: (task) => <ActorName id={task.creator_id} /> },
    { key: 'created', title: t('tasks.column.created'), width: 130, cell: (task) => <RelativeTime value={task.created_at} /> },
    { key: 'actions', title: t('tasks.column.actions'), width: 156, cell: (task) => <TaskActions task={task} actions={actions} /> },
  ]
  return withCreator ? all : all.filter(({ key }) => key !== 'creator')
}
