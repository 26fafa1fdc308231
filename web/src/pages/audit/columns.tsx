/* SPDX-License-Identifier: MIT */
import type { TFunction } from 'i18next'
import { Link } from 'react-router-dom'
import type { AuditEvent } from '../../api/types'
import type { Column } from '../../components/DataTable'
import { ActorName } from '../../components/text/ActorName'
import { EventDetail } from '../../components/text/EventDetail'
import { RelativeTime } from '../../components/text/RelativeTime'
import type { Names } from '../../i18n/useNames'

function taskCell(id: string | undefined) {
  return id ? (
    <Link to={`/tasks/${id}`} className="mono" title={id}>
      {id.slice(0, 8)}
    </Link>
  ) : null
}

export function auditColumns(t: TFunction, names: Names): Column<AuditEvent>[] {
  return [
    { key: 'time', title: t('audit.time'), width: 140, head: 2, cell: (event) => <RelativeTime value={event.created_at} /> },
    { key: 'kind', title: t('audit.kind'), width: 190, head: 1, cell: (event) => <span title={event.kind}>{names.event(event.kind)}</span> },
    { key: 'actor', title: t('audit.actor'), width: 160, cell: (event) => <ActorName id={event.actor} /> },
    { key: 'address', title: t('audit.address'), width: 140, cell: (event) => event.address },
    { key: 'task', title: t('audit.task'), width: 110, cell: (event) => taskCell(event.task_id) },
    {
      key: 'detail',
      title: t('audit.detail'),
      least: 300,
      cell: (event) => <EventDetail kind={event.kind} detail={event.detail} className="mono" />,
    },
  ]
}
