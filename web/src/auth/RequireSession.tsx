/* SPDX-License-Identifier: MIT */
import { lazy, Suspense, type ReactNode } from 'react'
import { Navigate, useLocation } from 'react-router-dom'
import { ErrorState } from '../components/state/ErrorState'
import { PageLoading } from '../components/state/PageLoading'
import { useSession } from './SessionContext'

const ExpiredPasswordPage = lazy(() => import('../pages/login/ExpiredPasswordPage'))

/** Shows its children to whoever is signed in; others sign in first and come back. */
export function RequireSession({ children }: { children: ReactNode }) {
  const { state, error, passwordExpired, reload } = useSession()
  const location = useLocation()
  if (state === 'unknown') return error ? <ErrorState error={error} onRetry={reload} /> : <PageLoading />
  if (state === 'anonymous') {
    const redirect = encodeURIComponent(location.pathname + location.search + location.hash)
    return <Navigate to={`/login?redirect=${redirect}`} replace />
  }
  if (!passwordExpired) return <>{children}</>
  return (
    <Suspense fallback={<PageLoading />}>
      <ExpiredPasswordPage />
    </Suspense>
  )
}
