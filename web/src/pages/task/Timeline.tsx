/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import type { Task, TaskEvent } from '../../api/types'
import { EmptyState } from '../../components/state/EmptyState'
import { ErrorState } from '../../components/state/ErrorState'
import { PageLoading } from '../../components/state/PageLoading'
import { ActorName } from '../../components/text/ActorName'
import { EventDetail } from '../../components/text/EventDetail'
import { ExactTime } from '../../components/text/ExactTime'
import { useResource } from '../../hooks/useResource'
import { useNames } from '../../i18n/useNames'

function Entry({ event }: { event: TaskEvent }) {
  const { t } = useTranslation()
  const names = useNames()
  return (
    <li>
      <strong>{names.event(event.kind)}</strong>{' '}
      <span className="muted">
        {event.attempt !== undefined && `${t('common.aside', { text: t('timeline.attempt', { attempt: event.attempt }) })} `}
        · <ActorName id={event.actor} />
        {event.address && ` ${t('timeline.from', { address: event.address })}`}
      </span>
      <div>
        <ExactTime value={event.created_at} />
      </div>
      <EventDetail kind={event.kind} detail={event.detail} className="timeline-detail" />
    </li>
  )
}

/** What happened to the task, and who did it. */
export function Timeline({ task, version }: { task: Task; version: string }) {
  const { t } = useTranslation()
  const { data, error, refresh } = useResource(`${task.id} ${version}`, (signal) =>
    api.tasks.listTaskTimeline({ id: task.id }, { signal }),
  )
  if (!data) return error === undefined ? <PageLoading /> : <ErrorState error={error} onRetry={refresh} />
  if (data.length === 0) return <EmptyState text={t('timeline.empty')} />
  return (
    <div className="panel-pad">
      <ol className="timeline">
        {data.map((event) => (
          <Entry key={event.id} event={event} />
        ))}
      </ol>
    </div>
  )
}
