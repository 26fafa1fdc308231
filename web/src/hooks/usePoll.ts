/* SPDX-License-Identifier: MIT */
import { useEffect, useRef } from 'react'

/** Calls `action` every `intervalMs` milliseconds, never at once; null stops it. A new interval starts anew. */
export function usePoll(action: () => void, intervalMs: number | null): void {
  const newest = useRef(action)
  useEffect(() => {
    newest.current = action
  })
  useEffect(() => {
    if (intervalMs === null) return undefined
    const timer = setInterval(() => newest.current(), intervalMs)
    return () => clearInterval(timer)
  }, [intervalMs])
}
