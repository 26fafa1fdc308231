/* SPDX-License-Identifier: MIT */
/* What the whole site shares: the recent tasks of the user and whether their list in the header is open. Whoever has just
   created a task calls addTask, so that the user sees it at once. */
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { addressOf, api } from '../api/client'
import type { Task } from '../api/types'
import { useSession } from '../auth/SessionContext'
import { useRecovery } from '../connection/useConnection'
import { usePoll } from '../hooks/usePoll'
import { useTaskEvents } from '../hooks/useTaskEvents'
import { putTask } from './recentTasks'

export interface SiteState {
  tasks: Task[]
  tasksDropdownOpen: boolean
  setTasksDropdownOpen: (open: boolean) => void
  addTask: (task: Task) => void
}

export const openPollMs = 3_000
export const closedPollMs = 60_000

const SiteContext = createContext<SiteState | null>(null)

/* The user's tasks, and how to ask for them. */
function useUserTasks(enabled: boolean) {
  const [tasks, setTasks] = useState<Task[]>([])
  const version = useRef(0)

  const fetchTasks = useCallback(() => {
    version.current += 1
    const asked = version.current
    api.userTasks.listUserTasks().then(
      (found) => {
        if (version.current === asked) setTasks(found)
      },
      () => undefined /* The connection banner tells; the next poll tries again. */,
    )
  }, [])

  const put = useCallback((task: Task) => setTasks((old) => putTask(old, task)), [])

  const outdateAnswers = useCallback(() => {
    version.current += 1
  }, [])

  useEffect(() => {
    if (!enabled) {
      version.current += 1
      setTasks([])
    }
  }, [enabled])

  return { tasks, fetchTasks, put, outdateAnswers }
}

export function SiteProvider({ children }: { children: ReactNode }) {
  const session = useSession()
  const enabled = session.state === 'signed-in' && !session.passwordExpired
  const recovery = useRecovery()
  const [tasksDropdownOpen, setTasksDropdownOpen] = useState(false)
  const { tasks, fetchTasks, put, outdateAnswers } = useUserTasks(enabled)

  useEffect(() => {
    if (enabled) fetchTasks()
  }, [enabled, recovery, fetchTasks])

  useEffect(() => {
    if (enabled && tasksDropdownOpen) fetchTasks()
  }, [enabled, tasksDropdownOpen, fetchTasks])

  const interval = tasksDropdownOpen ? openPollMs : closedPollMs
  usePoll(fetchTasks, enabled ? interval : null)
  useTaskEvents(enabled ? addressOf('watchUserTasks') : null, put)

  const addTask = useCallback(
    (task: Task) => {
      outdateAnswers()
      put(task)
      setTasksDropdownOpen(true)
    },
    [outdateAnswers, put],
  )

  const site = useMemo(
    () => ({ tasks, tasksDropdownOpen, setTasksDropdownOpen, addTask }),
    [tasks, tasksDropdownOpen, addTask],
  )
  return <SiteContext.Provider value={site}>{children}</SiteContext.Provider>
}

export function useSite(): SiteState {
  const site = useContext(SiteContext)
  if (!site) throw new Error('useSite needs a SiteProvider')
  return site
}
