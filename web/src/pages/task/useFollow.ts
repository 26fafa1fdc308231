/* SPDX-License-Identifier: MIT */
import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react'

interface Follow {
  follow: boolean
  setFollow: (follow: boolean) => void
  onScroll: () => void
}

/* Nearer than this to the end counts as the end. */
const slackPx = 24

/** Keeps the end of a scrolling box in sight while it grows. Scrolling up stops it, scrolling to the end goes on. */
export function useFollow(box: RefObject<HTMLElement>, growth: unknown, initially: boolean): Follow {
  const top = useRef(0)
  const [follow, setFollow] = useState(initially)

  useLayoutEffect(() => {
    const element = box.current
    if (!element || !follow) return
    element.scrollTop = element.scrollHeight
    top.current = element.scrollTop
  }, [box, growth, follow])

  /* What grows below does not count as scrolling away. */
  const onScroll = useCallback(() => {
    const element = box.current
    if (!element) return
    const before = top.current
    top.current = element.scrollTop
    if (element.scrollHeight - element.scrollTop - element.clientHeight < slackPx) setFollow(true)
    else if (element.scrollTop < before) setFollow(false)
  }, [box])

  return { follow, setFollow, onScroll }
}
