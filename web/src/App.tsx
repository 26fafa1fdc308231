/* SPDX-License-Identifier: MIT */
/* What everything stands on, from the outside in: theme, site, session, recent tasks, addresses. */
import { BrowserRouter } from 'react-router-dom'
import { SessionProvider } from './auth/SessionContext'
import { AppRoutes } from './AppRoutes'
import { ConnectionBanner } from './components/state/ConnectionBanner'
import { SiteProvider } from './site/SiteContext'
import { SiteNameProvider } from './site/SiteNameContext'
import { AntProvider } from './theme/AntProvider'
import { ThemeProvider } from './theme/ThemeContext'
import { UserNamesProvider } from './site/UserNamesContext'

/* The prefix under which the service is reached, from the <base> of the page. */
function basename(): string {
  return new URL(document.baseURI).pathname.replace(/\/$/, '')
}

const soon = { v7_startTransition: true, v7_relativeSplatPath: true } as const

export function App() {
  return (
    <ThemeProvider>
      <AntProvider>
        <SiteNameProvider>
          <SessionProvider>
            <SiteProvider>
              <UserNamesProvider>
                <BrowserRouter basename={basename()} future={soon}>
                  <AppRoutes />
                </BrowserRouter>
                <ConnectionBanner />
              </UserNamesProvider>
            </SiteProvider>
          </SessionProvider>
        </SiteNameProvider>
      </AntProvider>
    </ThemeProvider>
  )
}
