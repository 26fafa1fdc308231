/* SPDX-License-Identifier: MIT */
/* The tasks that were ticked, also those of other pages; or everything that matches the filter. */
import { useCallback, useMemo, useState } from 'react'
import type { Task } from '../../api/types'

export interface Selection {
  tasks: Task[]
  ids: string[]
  has: (id: string) => boolean
  toggle: (task: Task) => void
  set: (tasks: Task[]) => void
  clear: () => void
  /** All that match, also those that were never seen. Ends when a tick changes, or the filter. */
  everything: boolean
  selectEverything: () => void
}

/** `visible`: the tasks on the page as they are now, which may differ from when they were ticked. `filter` names what the list
    shows, whatever its page. */
export function useSelection(visible: Task[], filter: string): Selection {
  const [ticked, setTicked] = useState<ReadonlyMap<string, Task>>(new Map())
  const [everythingOf, setEverythingOf] = useState<string | null>(null)

  const set = useCallback((tasks: Task[]) => {
    setEverythingOf(null)
    setTicked(new Map(tasks.map((task) => [task.id, task])))
  }, [])
  const clear = useCallback(() => set([]), [set])
  const selectEverything = useCallback(() => setEverythingOf(filter), [filter])
  const toggle = useCallback((task: Task) => {
    setEverythingOf(null)
    setTicked((old) => {
      const next = new Map(old)
      if (!next.delete(task.id)) next.set(task.id, task)
      return next
    })
  }, [])

  return useMemo(() => {
    const newest = new Map(visible.map((task) => [task.id, task]))
    const tasks = [...ticked.values()].map((task) => newest.get(task.id) ?? task)
    const everything = everythingOf === filter
    const has = (id: string) => ticked.has(id)
    return { tasks, ids: [...ticked.keys()], has, toggle, set, clear, everything, selectEverything }
  }, [ticked, visible, toggle, set, clear, everythingOf, filter, selectEverything])
}
