/* SPDX-License-Identifier: MIT */
import { useEffect, useRef, useState } from 'react'

/** Text that is typed: shown at once, handed on when the typing pauses. A change from outside wins. */
export function useDelayed(value: string, commit: (value: string) => void, delayMs = 300): [string, (text: string) => void] {
  const [draft, setDraft] = useState(value)
  const newest = useRef(commit)
  useEffect(() => {
    newest.current = commit
  })
  useEffect(() => setDraft(value), [value])
  useEffect(() => {
    if (draft === value) return undefined
    const timer = setTimeout(() => newest.current(draft), delayMs)
    return () => clearTimeout(timer)
  }, [draft, value, delayMs])
  return [draft, setDraft]
}
