/* SPDX-License-Identifier: MIT */
/* Who is signed in. The session is a cookie that no script can read; the token of the sign-in's answer is not kept. */
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import { api } from '../api/client'
import { ApiError } from '../api/errors'
import { onUnauthorized } from '../api/transport'
import type { User } from '../api/types'
import { useRecovery } from '../connection/useConnection'
import { rightsOf, type Rights } from './rights'

/** `unknown` until the service has said who we are. */
export type SessionState = 'unknown' | 'anonymous' | 'signed-in'

export interface Session extends Rights {
  state: SessionState
  user: User | null
  /** Why nobody could say who we are. */
  error: unknown
  passwordExpired: boolean
  signIn: (username: string, password: string) => Promise<void>
  signOut: () => void
  reload: () => void
}

const SessionContext = createContext<Session | null>(null)

interface Known {
  state: SessionState
  user: User | null
  error: unknown
  passwordExpired: boolean
}

const anonymous: Known = { state: 'anonymous', user: null, error: undefined, passwordExpired: false }
const unknown: Known = { state: 'unknown', user: null, error: undefined, passwordExpired: false }

function signedIn(user: User, passwordExpired: boolean): Known {
  return { state: 'signed-in', user, error: undefined, passwordExpired }
}

async function whoAmI(): Promise<Known> {
  try {
    const user = await api.authorization.getProfile()
    return signedIn(user, user.status === 'password_expired')
  } catch (error) {
    return error instanceof ApiError && error.isUnauthorized ? anonymous : { ...unknown, error }
  }
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [known, setKnown] = useState<Known>(unknown)
  const recovery = useRecovery()

  const reload = useCallback(() => {
    void whoAmI().then((found) => setKnown((old) => (found.error && old.user ? old : found)))
  }, [])

  useEffect(() => {
    onUnauthorized(() => setKnown(anonymous))
    reload()
  }, [reload, recovery])

  const signIn = useCallback(async (username: string, password: string) => {
    const answer = await api.authorization.login({ username, password })
    setKnown(signedIn(answer.user, answer.password_expired))
  }, [])

  const signOut = useCallback(() => {
    void api.authorization.logout().catch(() => undefined)
    setKnown(anonymous)
  }, [])

  const session = useMemo(
    () => ({ ...known, ...rightsOf(known.user), signIn, signOut, reload }),
    [known, signIn, signOut, reload],
  )
  return <SessionContext.Provider value={session}>{children}</SessionContext.Provider>
}

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('useSession needs a SessionProvider')
  return session
}
