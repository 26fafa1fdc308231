/* SPDX-License-Identifier: MIT */
import { useEffect, useRef, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useSiteName } from '../../site/SiteNameContext'

interface Props {
  title: string
  /** In place of the plain title. */
  heading?: ReactNode
  actions?: ReactNode
  children: ReactNode
}

/** The frame of each page: its title, which a change of page moves the focus to, and its main buttons. */
export function Page({ title, heading, actions, children }: Props) {
  const { t } = useTranslation()
  const site = useSiteName()
  const ref = useRef<HTMLHeadingElement>(null)

  useEffect(() => {
    document.title = t('app.docTitle', { page: title, site })
  }, [t, title, site])

  useEffect(() => {
    ref.current?.focus({ preventScroll: true })
  }, [])

  return (
    <div className="page">
      <div className="page-head">
        <h1 ref={ref} tabIndex={-1}>
          {heading ?? title}
        </h1>
        {actions && <div className="page-actions">{actions}</div>}
      </div>
      {children}
    </div>
  )
}
