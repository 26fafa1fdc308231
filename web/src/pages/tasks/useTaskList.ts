/* SPDX-License-Identifier: MIT */
/* One page of tasks, kept up to date: often while something on it moves, now and then otherwise, and at once when the
   service tells of a change. */
import { useCallback, useMemo } from 'react'
import { addressOf, api, type Page } from '../../api/client'
import type { Task } from '../../api/types'
import { isActive, toldTask } from '../../format/task'
import { usePoll } from '../../hooks/usePoll'
import { useResource, type Resource } from '../../hooks/useResource'
import { useTaskEvents } from '../../hooks/useTaskEvents'
import type { TaskView } from '../../components/task/useTaskActions'
import { queryOf, writeFilters, type TaskFilters } from './filters'

export const busyPollMs = 5_000
export const quietPollMs = 30_000

type TaskPage = Page<Task>

function replaceIn(page: TaskPage, id: string, task: Task | null): TaskPage {
  if (task) return { ...page, data: page.data.map((old) => (old.id === id ? toldTask(old, task) : old)) }
  const data = page.data.filter((old) => old.id !== id)
  return { ...page, data, total: page.total - (page.data.length - data.length) }
}

function restoreIn(page: TaskPage, task: Task): TaskPage {
  if (page.data.some((old) => old.id === task.id)) {
    return { ...page, data: page.data.map((old) => (old.id === task.id ? task : old)) }
  }
  const behind = page.data.findIndex((old) => Date.parse(old.created_at) <= Date.parse(task.created_at))
  const at = behind < 0 ? page.data.length : behind
  return { ...page, data: [...page.data.slice(0, at), task, ...page.data.slice(at)], total: page.total + 1 }
}

export interface TaskList extends Resource<TaskPage> {
  view: TaskView
}

export function useTaskList(filters: TaskFilters): TaskList {
  const resource = useResource(`tasks?${writeFilters(filters).toString()}`, (signal) =>
    api.tasks.listTasks(queryOf(filters, Date.now()), { signal }),
  )
  const { data, change, patch, refresh } = resource
  const busy = data?.data.some(isActive) ?? false
  usePoll(refresh, busy ? busyPollMs : quietPollMs)

  const showChange = useCallback(
    (task: Task) => patch((page) => (page.data.some((old) => old.id === task.id) ? replaceIn(page, task.id, task) : page)),
    [patch],
  )
  useTaskEvents(addressOf('watchUserTasks'), showChange)

  const view = useMemo<TaskView>(
    () => ({
      replace: (id, task) => change((page) => replaceIn(page, id, task)),
      restore: (task) => change((page) => restoreIn(page, task)),
      settled: refresh,
    }),
    [change, refresh],
  )
  return { ...resource, view }
}
