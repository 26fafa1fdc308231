/* SPDX-License-Identifier: MIT */
import type { ReactNode } from 'react'
import { InboxOutlined } from '@ant-design/icons'

/** In place of a list without entries. */
export function EmptyState({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <InboxOutlined aria-hidden className="empty-icon" />
      <p>{text}</p>
      {children}
    </div>
  )
}
