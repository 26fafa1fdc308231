/* SPDX-License-Identifier: MIT */
/* Which address shows which page, and who may see it. Each page's code is fetched when it is first shown. */
import { lazy, Suspense, type ReactNode } from 'react'
import { Navigate, Route, Routes } from 'react-router-dom'
import { RequirePermission } from './auth/RequirePermission'
import { RequireSession } from './auth/RequireSession'
import { AppLayout } from './components/layout/AppLayout'
import { PageLoading } from './components/state/PageLoading'
import { NotFoundPage } from './pages/NotFoundPage'
import { useSession } from './auth/SessionContext'

const LoginPage = lazy(() => import('./pages/login/LoginPage'))
const StartPage = lazy(() => import('./pages/start/StartPage'))
const TasksPage = lazy(() => import('./pages/tasks/TasksPage'))
const TaskPage = lazy(() => import('./pages/task/TaskPage'))
const UsersPage = lazy(() => import('./pages/users/UsersPage'))
const SettingsPage = lazy(() => import('./pages/settings/SettingsPage'))
const AuditPage = lazy(() => import('./pages/audit/AuditPage'))

function Home() {
  const { isAdmin } = useSession()
  return isAdmin ? <StartPage /> : <Navigate to="/tasks" replace />
}

function guarded(permission: string, page: ReactNode) {
  return <RequirePermission permission={permission}>{page}</RequirePermission>
}

export function AppRoutes() {
  return (
    <Routes>
      <Route
        path="/login"
        element={
          <Suspense fallback={<PageLoading />}>
            <LoginPage />
          </Suspense>
        }
      />
      <Route
        element={
          <RequireSession>
            <AppLayout />
          </RequireSession>
        }
      >
        <Route index element={<Home />} />
        <Route path="/tasks" element={guarded('task:list', <TasksPage />)} />
        <Route path="/tasks/:id" element={guarded('task:view', <TaskPage />)} />
        <Route path="/authorization/users" element={guarded('authorization:user:list', <UsersPage />)} />
        <Route path="/system/settings" element={guarded('system:settings:view', <SettingsPage />)} />
        <Route path="/system/audit" element={guarded('system:audit:view', <AuditPage />)} />
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  )
}
