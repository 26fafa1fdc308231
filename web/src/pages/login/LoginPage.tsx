/* SPDX-License-Identifier: MIT */
import { Alert } from 'antd'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Navigate, useSearchParams } from 'react-router-dom'
import { useSession } from '../../auth/SessionContext'
import { useSiteName } from '../../site/SiteNameContext'
import { LoginForm } from './LoginForm'
import { LoginFrame } from './LoginFrame'
import { safeRedirect } from './safeRedirect'

export default function LoginPage() {
  const { t } = useTranslation()
  const { state, ended } = useSession()
  const site = useSiteName()
  const [query] = useSearchParams()

  useEffect(() => {
    document.title = t('app.docTitle', { page: t('login.title'), site })
  }, [t, site])

  if (state === 'signed-in') return <Navigate to={safeRedirect(query.get('redirect'))} replace />
  return (
    <LoginFrame title={t('login.to', { site })}>
      <div role="status">{ended && <Alert type="info" showIcon message={t('login.ended')} className="form-error" />}</div>
      <LoginForm />
    </LoginFrame>
  )
}
