/* SPDX-License-Identifier: MIT */
/* One task, asked for every 2 seconds while it is pending or running and not otherwise; events make it faster. */
import { useCallback, useMemo, useState } from 'react'
import { addressOf, api } from '../../api/client'
import type { Task } from '../../api/types'
import type { TaskView } from '../../components/task/useTaskActions'
import { isActive, toldTask } from '../../format/task'
import { usePoll } from '../../hooks/usePoll'
import { useResource, type Resource } from '../../hooks/useResource'
import { useTaskEvents } from '../../hooks/useTaskEvents'

export const taskPollMs = 2_000

export interface WatchedTask extends Resource<Task> {
  view: TaskView
  /** Grows with each change that may have left traces elsewhere: attempts, time line, log. */
  changes: number
}

export function useTask(id: string): WatchedTask {
  const resource = useResource(`task/${id}`, (signal) => api.tasks.getTask({ id }, { signal }))
  const { data, change, patch, refresh } = resource
  const [changes, setChanges] = useState(0)
  const active = data !== undefined && isActive(data)
  usePoll(refresh, active ? taskPollMs : null)

  const show = useCallback((task: Task) => patch((old) => toldTask(old, task)), [patch])
  useTaskEvents(active ? addressOf('watchTask', { id }) : null, show)

  const view = useMemo<TaskView>(
    () => ({
      /* A deleted task stays on the page until its action has succeeded; then the page is left. */
      replace: (_, task) => task && change(() => task),
      restore: (task) => change(() => task),
      settled: () => {
        setChanges((count) => count + 1)
        refresh()
      },
    }),
    [change, refresh],
  )
  return { ...resource, view, changes }
}
