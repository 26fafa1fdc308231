/* SPDX-License-Identifier: MIT */
/* What the service calls itself, known before anybody has signed in. */
import { createContext, useContext, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../api/client'
import { useResource } from '../hooks/useResource'
import { useLanguage } from '../i18n/useLanguage'

const SiteNameContext = createContext('')

export function SiteNameProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { data } = useResource('site', (signal) => api.system.getSite({}, { signal }))
  const name = data?.name_i18n[language] ?? data?.name ?? t('app.name')
  return <SiteNameContext.Provider value={name}>{children}</SiteNameContext.Provider>
}

export function useSiteName(): string {
  return useContext(SiteNameContext)
}
