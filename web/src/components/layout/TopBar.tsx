/* SPDX-License-Identifier: MIT */
import { Link } from 'react-router-dom'
import { useSession } from '../../auth/SessionContext'
import { useSiteName } from '../../site/SiteNameContext'
import { LanguageSwitch } from './LanguageSwitch'
import { Navigation } from './Navigation'
import { TaskListDropdown } from './TaskListDropdown'
import { ThemeSwitch } from './ThemeSwitch'
import { UserMenu } from './UserMenu'

export function TopBar() {
  const site = useSiteName()
  const { has } = useSession()
  return (
    <header className="topbar">
      <Link to="/" className="brand">
        <img src={new URL('icon.svg', document.baseURI).href} alt="" />
        {site}
      </Link>
      <Navigation />
      <div className="topbar-tools">
        {has('task:list') && <TaskListDropdown />}
        <LanguageSwitch />
        <ThemeSwitch />
        <UserMenu />
      </div>
    </header>
  )
}
