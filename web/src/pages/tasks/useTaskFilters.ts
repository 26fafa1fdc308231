/* SPDX-License-Identifier: MIT */
import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'react-router-dom'
import { readFilters, writeFilters, type TaskFilters } from './filters'

export interface FilterState {
  filters: TaskFilters
  /** Changes some filters; what is shown begins at page 1 again, unless the page is what changes. */
  update: (change: Partial<TaskFilters>) => void
  reset: () => void
}

/** The filters live in the address: they survive a reload, and can be sent to somebody. */
export function useTaskFilters(): FilterState {
  const [query, setQuery] = useSearchParams()
  const filters = useMemo(() => readFilters(query), [query])

  const update = useCallback(
    (change: Partial<TaskFilters>) => {
      const turn = change.current !== undefined
      setQuery((old) => writeFilters({ ...readFilters(old), current: 1, ...change }), { replace: !turn })
    },
    [setQuery],
  )

  const reset = useCallback(() => setQuery((old) => writeFilters({ ...readFilters(new URLSearchParams()), pageSize: readFilters(old).pageSize })), [setQuery])
  return { filters, update, reset }
}
