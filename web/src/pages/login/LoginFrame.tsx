/* SPDX-License-Identifier: MIT */
import type { ReactNode } from 'react'
import { LanguageSwitch } from '../../components/layout/LanguageSwitch'
import { ThemeSwitch } from '../../components/layout/ThemeSwitch'

/** The page for whoever has to type a password before anything else. */
export function LoginFrame({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="login">
      <div className="login-card panel">
        <img src={new URL('icon.svg', document.baseURI).href} alt="" />
        <h1>{title}</h1>
        {children}
      </div>
      <div className="login-tools">
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </main>
  )
}
