/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'
import type { Overview, Task } from '../../api/types'
import { EmptyState } from '../../components/state/EmptyState'
import { ProgressBar } from '../../components/task/ProgressBar'
import { TaskLink } from '../../components/task/TaskLink'
import { span } from '../../format/time'
import { useNow } from '../../hooks/useNow'
import { useLanguage } from '../../i18n/useLanguage'
import { useNames } from '../../i18n/useNames'

function Row({ task }: { task: Task }) {
  const { t } = useTranslation()
  const names = useNames()
  const language = useLanguage()
  const now = useNow()
  return (
    <li>
      <TaskLink id={task.id} type={task.type} />
      <span className="muted figure">{span(task.started_at, undefined, now, language)}</span>
      <ProgressBar percent={task.progress} status="running" label={t('progress.of', { type: names.type(task.type) })} />
    </li>
  )
}

/** Those that were due first: what hangs is among them. */
export function RunningTasks({ data }: { data: Overview | undefined }) {
  const { t } = useTranslation()
  const tasks = data?.running_tasks ?? []
  const more = (data?.running ?? 0) - tasks.length
  return (
    <section className="panel panel-pad">
      <h2>{t('start.workers')}</h2>
      {data && tasks.length === 0 && <EmptyState text={t('start.noWorkers')} />}
      <ul className="plain-list">
        {tasks.map((task) => (
          <Row key={task.id} task={task} />
        ))}
      </ul>
      {more > 0 && <Link to="/tasks?status=running">{t('start.moreRunning', { count: more })}</Link>}
    </section>
  )
}
