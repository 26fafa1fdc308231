/* SPDX-License-Identifier: MIT */
import { WarningOutlined } from '@ant-design/icons'
import type { ReactNode } from 'react'

interface Props {
  /** Unless it is that of the page. */
  title?: string
  text: string
  children?: ReactNode
}

/** In place of a page or a part that cannot be shown: what, why, and what to do. */
export function Notice({ title, text, children }: Props) {
  return (
    <div className="empty" role="status">
      <WarningOutlined aria-hidden className="empty-icon" />
      {title && <h2 className="notice-title">{title}</h2>}
      <p className="cell-text">{text}</p>
      {children}
    </div>
  )
}
