/* SPDX-License-Identifier: MIT */
/* The lines of a task's log: all that are there, then what is new every 2 seconds while the task is active. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { api } from '../../api/client'
import { isAborted } from '../../api/errors'
import type { Task, TaskLogLine } from '../../api/types'
import { isActive } from '../../format/task'
import { usePoll } from '../../hooks/usePoll'

/** More than this is for the download: a page of that length helps nobody. */
export const mostLines = 100_000
const linesAtATime = 5_000

export const logPollMs = 2_000

interface LogState {
  lines: TaskLogLine[]
  loaded: boolean
  error: unknown
}

const nothing: LogState = { lines: [], loaded: false, error: undefined }

async function fetchAfter(id: string, after: string | undefined, signal: AbortSignal): Promise<TaskLogLine[]> {
  return api.tasks.listTaskLogs({ id, after, limit: linesAtATime }, { signal })
}

/** Calls `onLines` with the lines behind `after`, part by part, until there are no more or it returns false. */
export async function readLog(
  id: string,
  after: string | undefined,
  signal: AbortSignal,
  onLines: (lines: TaskLogLine[]) => boolean,
): Promise<void> {
  let last = after
  for (;;) {
    const lines = await fetchAfter(id, last, signal)
    last = lines.at(-1)?.id
    if (!onLines(lines) || lines.length < linesAtATime) return
  }
}

export function useTaskLog(task: Task, version: string): LogState & { retry: () => void } {
  const [state, setState] = useState(nothing)
  const lines = useRef<TaskLogLine[]>([])
  const running = useRef<AbortController | null>(null)
  const { id } = task

  const append = useCallback((more: TaskLogLine[]) => {
    lines.current = more.length > 0 ? [...lines.current, ...more].slice(0, mostLines) : lines.current
    setState({ lines: lines.current, loaded: true, error: undefined })
    return lines.current.length < mostLines
  }, [])

  const load = useCallback(() => {
    if (running.current || lines.current.length >= mostLines) return
    const controller = new AbortController()
    running.current = controller
    readLog(id, lines.current.at(-1)?.id, controller.signal, append)
      .catch((error: unknown) => {
        if (!isAborted(error)) setState((old) => ({ ...old, error }))
      })
      .finally(() => {
        if (running.current === controller) running.current = null
      })
  }, [id, append])

  useEffect(() => {
    load()
    return () => {
      running.current?.abort()
      running.current = null
    }
  }, [load, version])

  usePoll(load, isActive(task) ? logPollMs : null)
  return { ...state, retry: load }
}
