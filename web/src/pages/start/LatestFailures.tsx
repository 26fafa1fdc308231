/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import type { Task } from '../../api/types'
import { EmptyState } from '../../components/state/EmptyState'
import { TaskLink } from '../../components/task/TaskLink'
import { RelativeTime } from '../../components/text/RelativeTime'

export function LatestFailures({ tasks }: { tasks: Task[] | undefined }) {
  const { t } = useTranslation()
  return (
    <section className="panel panel-pad">
      <h2>{t('start.recentFailures')}</h2>
      {tasks?.length === 0 && <EmptyState text={t('start.noFailures')} />}
      <ul className="plain-list">
        {tasks?.map((task) => (
          <li key={task.id}>
            <TaskLink id={task.id} type={task.type} />
            <span className="muted">
              <RelativeTime value={task.finished_at ?? task.updated_at} />
            </span>
            {task.error && (
              <span className="plain-error" dir="auto" title={task.error}>
                {task.error}
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
