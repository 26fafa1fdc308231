/* SPDX-License-Identifier: MIT */
/* Listens to the service's stream of task events while the page is visible. Streams only make things faster: whoever uses
   this polls as well. A hidden page holds no connection, of which a browser has few. */
import { useEffect, useRef } from 'react'
import type { Task } from '../api/types'
import { useVisible } from './useVisible'

const reopenMs = 10_000

function parseTask(data: string): Task | null {
  try {
    return JSON.parse(data) as Task
  } catch {
    return null
  }
}

/* A browser connects again by itself after a broken connection, but not after a refusal. */
function listen(url: string, onTask: (task: Task) => void): () => void {
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  const open = () => {
    source = new EventSource(url)
    source.addEventListener('task', (event: MessageEvent<string>) => {
      const task = parseTask(event.data)
      if (task) onTask(task)
    })
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, reopenMs)
    })
  }
  open()
  return () => {
    clearTimeout(timer)
    source.close()
  }
}

/** `url` null: do not listen. */
export function useTaskEvents(url: string | null, onTask: (task: Task) => void): void {
  const visible = useVisible()
  const newest = useRef(onTask)
  useEffect(() => {
    newest.current = onTask
  })
  useEffect(() => {
    if (url === null || !visible || typeof EventSource === 'undefined') return undefined
    return listen(url, (task) => newest.current(task))
  }, [url, visible])
}
