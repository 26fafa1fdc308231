/* SPDX-License-Identifier: MIT */
/* Something loaded from the service: its data, why there is none, and how to load it again. Old data stays on the page while
   new data comes, so nothing jumps. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { isAborted } from '../api/errors'
import { useRecovery } from '../connection/useConnection'

export interface Resource<T> {
  data: T | undefined
  error: unknown
  /** True while the first data, or those of another key, are on their way; not while they are renewed. */
  loading: boolean
  /** Loads again, unless an answer is on its way already. */
  refresh: () => void
  /** Changes what is shown because something is being done; an answer already on its way is then out of date and ignored. */
  change: (update: (data: T) => T) => void
  /** Changes what is shown because the service told so. */
  patch: (update: (data: T) => T) => void
}

interface State<T> {
  key: string | null
  data: T | undefined
  error: unknown
}

export function useResource<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [state, setState] = useState<State<T>>({ key: null, data: undefined, error: undefined })
  const [pending, setPending] = useState(false)
  const recovery = useRecovery()
  const newest = useRef(load)
  const running = useRef<AbortController | null>(null)
  const answered = useRef<string | null>(null)
  useEffect(() => {
    newest.current = load
  })

  const start = useCallback((forKey: string) => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    const settle = (update: (old: State<T>) => State<T>) => {
      if (running.current !== controller) return
      running.current = null
      answered.current = forKey
      setPending(false)
      setState(update)
    }
    newest.current(controller.signal).then(
      (data) => settle(() => ({ key: forKey, data, error: undefined })),
      (error: unknown) => {
        if (!isAborted(error)) settle((old) => ({ key: forKey, data: old.data, error }))
      },
    )
  }, [])

  useEffect(() => {
    if (key === null) return undefined
    setPending(true)
    start(key)
    return () => {
      running.current?.abort()
      running.current = null
    }
  }, [key, recovery, start])

  const refresh = useCallback(() => {
    if (key !== null && running.current === null) start(key)
  }, [key, start])

  const patch = useCallback((update: (data: T) => T) => {
    setState((old) => (old.data === undefined ? old : { ...old, data: update(old.data) }))
  }, [])

  const change = useCallback(
    (update: (data: T) => T) => {
      /* The first answer for a key is always wanted: without it there is nothing to change. */
      if (answered.current === key) {
        running.current?.abort()
        running.current = null
      }
      patch(update)
    },
    [key, patch],
  )

  const loading = key !== null && state.key !== key && pending
  return { data: state.data, error: state.error, loading, refresh, change, patch }
}
