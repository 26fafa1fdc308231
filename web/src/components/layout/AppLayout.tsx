/* SPDX-License-Identifier: MIT */
/* The frame of all pages for whoever is signed in. */
import { Suspense, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Outlet } from 'react-router-dom'
import { useFocusKeeper } from '../../hooks/useFocusKeeper'
import { PageLoading } from '../state/PageLoading'
import { TopBar } from './TopBar'

export function AppLayout() {
  const { t } = useTranslation()
  const content = useRef<HTMLElement>(null)
  useFocusKeeper(content)
  return (
    <>
      <a href="#content" className="skip" onClick={focusContent}>
        {t('app.skip')}
      </a>
      <TopBar />
      <main id="content" ref={content} tabIndex={-1}>
        <Suspense fallback={<PageLoading />}>
          <Outlet />
        </Suspense>
      </main>
    </>
  )
}

/* A fragment would be resolved against <base>, which is another page. */
function focusContent(event: React.MouseEvent): void {
  event.preventDefault()
  document.getElementById('content')?.focus()
}
