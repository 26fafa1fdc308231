/* SPDX-License-Identifier: MIT */
import { Link } from 'react-router-dom'
import { useSession } from '../../auth/SessionContext'
import { useNames } from '../../i18n/useNames'

/** The type of a task, as a link to its page for whoever may see that. */
export function TaskLink({ id, type }: { id: string; type: string }) {
  const { has } = useSession()
  const name = <bdi>{useNames().type(type)}</bdi>
  return has('task:view') ? <Link to={`/tasks/${id}`}>{name}</Link> : name
}
