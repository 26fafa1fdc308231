/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import { NavLink } from 'react-router-dom'
import { useSession } from '../../auth/SessionContext'

const entries = [
  { to: '/tasks', text: 'nav.tasks', permission: 'task:list' },
  { to: '/authorization/users', text: 'nav.users', permission: 'authorization:user:list' },
  { to: '/system/settings', text: 'nav.settings', permission: 'system:settings:view' },
  { to: '/system/audit', text: 'nav.audit', permission: 'system:audit:view' },
] as const

/** The pages that this user may see. */
export function Navigation() {
  const { t } = useTranslation()
  const { has, isAdmin } = useSession()
  return (
    <nav className="nav" aria-label={t('app.main')}>
      {isAdmin && (
        <NavLink to="/" end>
          {t('nav.start')}
        </NavLink>
      )}
      {entries
        .filter(({ permission }) => has(permission))
        .map(({ to, text }) => (
          <NavLink key={to} to={to}>
            {t(text)}
          </NavLink>
        ))}
    </nav>
  )
}
