/* SPDX-License-Identifier: MIT */
/* Which part of a long list is drawn: what can be seen of it, and a little more on both sides. Rows may have any height: it is
   guessed until a row has been drawn, and measured then. */
import { useCallback, useLayoutEffect, useMemo, useRef, useState, type RefObject } from 'react'

export interface Windowed {
  /** The first row that is drawn, and the one behind the last. */
  first: number
  end: number
  /** Room for the rows before and behind, in pixels. */
  before: number
  behind: number
  /** For the element that has the drawn rows as its children, in order. */
  rows: RefObject<HTMLDivElement>
  /** Of all rows, as far as it is known, in pixels. */
  total: number
  /** To be called when the box was scrolled. */
  onScroll: () => void
}

/* Rows beyond what can be seen, so that a scroll by the wheel meets drawn ones. */
const spare = 20

/** The rows' tops for given heights; one more than there are rows. */
export function topsOf(count: number, heightAt: (index: number) => number): Float64Array {
  const tops = new Float64Array(count + 1)
  for (let index = 0; index < count; index++) tops[index + 1] = tops[index] + heightAt(index)
  return tops
}

/** The row at a distance from the top. */
export function rowAt(tops: Float64Array, distance: number): number {
  let low = 0
  let high = tops.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (tops[middle + 1] <= distance) low = middle + 1
    else high = middle
  }
  return Math.min(low, Math.max(0, tops.length - 2))
}

export function useWindowed(box: RefObject<HTMLElement>, keys: readonly string[], guess: number): Windowed {
  const rows = useRef<HTMLDivElement>(null)
  const heights = useRef(new Map<string, number>())
  const [measured, setMeasured] = useState(0)
  const [view, setView] = useState({ top: 0, height: 0 })

  const tops = useMemo(
    () => topsOf(keys.length, (index) => heights.current.get(keys[index]) ?? guess),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `measured` stands for the contents of `heights`
    [keys, guess, measured],
  )

  const onScroll = useCallback(() => {
    const element = box.current
    if (!element) return
    const next = { top: element.scrollTop, height: element.clientHeight }
    setView((old) => (old.top === next.top && old.height === next.height ? old : next))
  }, [box])

  useLayoutEffect(() => {
    const onResize = () => {
      heights.current.clear()
      setMeasured((count) => count + 1)
      onScroll()
    }
    onScroll()
    window.addEventListener('resize', onResize)
    return () => window.removeEventListener('resize', onResize)
  }, [onScroll])

  const first = Math.max(0, rowAt(tops, view.top) - spare)
  const end = Math.min(keys.length, rowAt(tops, view.top + view.height) + 1 + spare)

  useLayoutEffect(() => {
    let news = 0
    for (const [index, row] of Array.from(rows.current?.children ?? []).entries()) {
      const key = keys[first + index]
      const height = row.getBoundingClientRect().height
      if (height > 0 && (heights.current.get(key) ?? guess) !== height) {
        heights.current.set(key, height)
        news += 1
      }
    }
    if (news > 0) setMeasured((count) => count + 1)
  }, [keys, first, end, guess, view.height])

  return { first, end, before: tops[first], behind: tops[keys.length] - tops[end], rows, total: tops[keys.length], onScroll }
}
