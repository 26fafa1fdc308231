/* SPDX-License-Identifier: MIT */
import { useMemo } from 'react'
import { prettyJson } from '../../format/json'

/** Text of a program, pretty-printed if it is JSON. Can be scrolled with the keyboard. */
export function Code({ text, label }: { text: string; label: string }) {
  const pretty = useMemo(() => prettyJson(text), [text])
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to take the focus
    <pre className="code" tabIndex={0} role="region" aria-label={label}>
      {pretty.text}
    </pre>
  )
}
