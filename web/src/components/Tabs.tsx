/* SPDX-License-Identifier: MIT */
/* Tabs by the pattern of the ARIA Authoring Practices: one stop of the Tab key, arrows move between them. On narrow screens the
   row scrolls. */
import { useId, useRef, type KeyboardEvent, type ReactNode } from 'react'

export interface Tab<Key extends string> {
  key: Key
  label: string
  content: ReactNode
}

interface Props<Key extends string> {
  label: string
  tabs: Tab<Key>[]
  active: Key
  onChange: (key: Key) => void
}

const steps: Record<string, (index: number, count: number) => number> = {
  ArrowRight: (index, count) => (index + 1) % count,
  ArrowLeft: (index, count) => (index + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
}

export function Tabs<Key extends string>({ label, tabs, active, onChange }: Props<Key>) {
  const id = useId()
  const row = useRef<HTMLDivElement>(null)
  const index = tabs.findIndex(({ key }) => key === active)

  const move = (event: KeyboardEvent) => {
    if (!Object.hasOwn(steps, event.key)) return
    event.preventDefault()
    const next = steps[event.key](index, tabs.length)
    onChange(tabs[next].key)
    row.current?.querySelectorAll<HTMLElement>('[role=tab]')[next].focus()
  }

  return (
    <div className="panel">
      <div ref={row} className="tabs" role="tablist" aria-label={label}>
        {tabs.map((tab) => (
          <button
            key={tab.key}
            type="button"
            role="tab"
            id={`${id}-${tab.key}`}
            aria-selected={tab.key === active}
            aria-controls={`${id}-panel`}
            tabIndex={tab.key === active ? 0 : -1}
            onClick={() => onChange(tab.key)}
            onKeyDown={move}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${active}`}>
        {tabs[index].content}
      </div>
    </div>
  )
}
