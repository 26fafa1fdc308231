/* SPDX-License-Identifier: MIT */
/* All tasks that match a filter and that an action would change, found by turning the pages of the list. */
import { api, type Page } from '../../api/client'
import { patiently } from '../../api/patiently'
import { taskStatuses, type Task, type TaskStatus } from '../../api/types'
import type { BulkName } from '../../components/task/useTaskActions'
import { queryOf, type TaskFilters } from './filters'

/** Counting and paging of the list stop there. */
export const mostListed = 10_000
const pageSize = 100

const changes: Record<BulkName, readonly TaskStatus[]> = {
  cancel: ['pending', 'running'],
  retry: ['failed', 'cancelled'],
  delete: taskStatuses,
}

/** The filter narrowed to what the action changes; null if that is nothing. */
export function narrowed(name: BulkName, filters: TaskFilters): TaskFilters | null {
  const asked = filters.status.length > 0 ? filters.status : taskStatuses
  const status = asked.filter((one) => changes[name].includes(one))
  return status.length > 0 ? { ...filters, status } : null
}

type Query = ReturnType<typeof queryOf>
type List = (query: Query, signal: AbortSignal) => Promise<Page<Task>>

export const list: List = (query, signal) =>
  patiently(() => api.tasks.listTasks(query, { signal }), { patienceMs: 1_000, patience: 5, signal })

/** What stands still while pages are turned: nothing that is created later comes in. */
export function fixedQuery(filters: TaskFilters, now: number): Query {
  const query = queryOf(filters, now)
  return { ...query, created_to: query.created_to ?? new Date(now).toISOString() }
}

/** How many there are, at most `mostListed`. */
export async function countMatching(query: Query, signal: AbortSignal, ask: List = list): Promise<number> {
  return (await ask({ ...query, current: 1, page_size: 1 }, signal)).total
}

/** Told how many have been found so far. */
export type OnFound = (count: number) => void

async function unseen(query: Query, seen: Set<string>, signal: AbortSignal, ask: List, onFound: OnFound): Promise<Task[]> {
  const found: Task[] = []
  for (let current = 1; (current - 1) * pageSize < mostListed; current++) {
    const { data } = await ask({ ...query, current, page_size: pageSize }, signal)
    for (const task of data) {
      if (!seen.has(task.id)) found.push(task)
      seen.add(task.id)
    }
    onFound(seen.size)
    if (data.length < pageSize) break
  }
  return found
}

/** Each of them once. A round is found before the first of it is handed out, as what is done to them may take them out of the
    list; then there is another round, until one finds nothing new. */
export async function* matching(
  query: Query,
  signal: AbortSignal,
  ask: List = list,
  onFound: OnFound = () => undefined,
): AsyncGenerator<Task> {
  const seen = new Set<string>()
  for (;;) {
    const round = await unseen(query, seen, signal, ask, onFound)
    if (round.length === 0) return
    yield* round
  }
}
