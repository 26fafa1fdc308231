/* SPDX-License-Identifier: MIT */
import type { ReactNode } from 'react'
import { Page } from '../layout/Page'
import { Notice } from './Notice'

interface Props {
  title: string
  text: string
  children?: ReactNode
}

/** A page that only says why it is none; with a heading, as each page. */
export function NoticePage({ title, text, children }: Props) {
  return (
    <Page title={title}>
      <div className="panel">
        <Notice text={text}>{children}</Notice>
      </div>
    </Page>
  )
}
