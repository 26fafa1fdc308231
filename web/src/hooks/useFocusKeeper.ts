/* SPDX-License-Identifier: MIT */
/* What had the focus may vanish by what it did: the row that was deleted, the button that another takes the place of. Then the
   focus goes to what stands there now, else to the page's heading; whoever has no mouse would begin anew at the top. */
import { useEffect, type RefObject } from 'react'

const controls = 'a[href], button:not(:disabled), input:not(:disabled)'
const rowKinds = 'tr, li'

interface Place {
  element: HTMLElement
  /** Which row of the page, and which control of the row; -1: in none. */
  row: number
  slot: number
}

function placeOf(box: HTMLElement, element: HTMLElement): Place {
  const own = element.closest(rowKinds)
  const row = own ? [...box.querySelectorAll(rowKinds)].indexOf(own) : -1
  return { element, row, slot: own ? [...own.querySelectorAll(controls)].indexOf(element) : -1 }
}

function successor(box: HTMLElement, { row, slot }: Place): HTMLElement | null {
  const rows = [...box.querySelectorAll(rowKinds)]
  const here = row < 0 ? undefined : rows[Math.min(row, rows.length - 1)]
  const offered = [...(here?.querySelectorAll<HTMLElement>(controls) ?? [])]
  return offered[Math.min(slot, offered.length - 1)] ?? box.querySelector<HTMLElement>('h1')
}

export function useFocusKeeper(box: RefObject<HTMLElement>): void {
  useEffect(() => {
    const element = box.current
    if (!element) return undefined
    let last: Place | null = null

    const onFocusIn = ({ target }: FocusEvent) => {
      last = target instanceof HTMLElement && target !== element ? placeOf(element, target) : null
    }
    /* Whoever clicks beside everything wants no focus; what is being removed is gone a moment later. */
    const onFocusOut = ({ relatedTarget }: FocusEvent) => {
      const left = last
      if (relatedTarget === null) queueMicrotask(() => (last = last === left && left?.element.isConnected ? null : last))
    }
    const observer = new MutationObserver(() => {
      if (!last || last.element.isConnected || document.activeElement !== document.body) return
      successor(element, last)?.focus({ preventScroll: true })
    })

    element.addEventListener('focusin', onFocusIn)
    element.addEventListener('focusout', onFocusOut)
    observer.observe(document.body, { childList: true, subtree: true })
    return () => {
      element.removeEventListener('focusin', onFocusIn)
      element.removeEventListener('focusout', onFocusOut)
      observer.disconnect()
    }
  }, [box])
}
