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
  /** Somebody was signed in here, and is no more without having wished so. */
  ended: boolean
  signIn: (username: string, password: string) => Promise<void>
  /** Throws if the service could not be told: then the session goes on. */
  signOut: () => Promise<void>
  reload: () => void
}

const SessionContext = createContext<Session | null>(null)

interface Known {
  state: SessionState
  user: User | null
  error: unknown
  passwordExpired: boolean
  ended: boolean
}

const anonymous: Known = { state: 'anonymous', user: null, error: undefined, passwordExpired: false, ended: false }
const unknown: Known = { ...anonymous, state: 'unknown' }

function signedIn(user: User, passwordExpired: boolean): Known {
  return { ...anonymous, state: 'signed-in', user, passwordExpired }
}

/* Whoever is known stays so while the service does not answer; that a session has ended is not forgotten. */
function merged(old: Known, found: Known): Known {
  if (found.error && old.user) return old
  return found.state === 'anonymous' ? { ...found, ended: old.ended || old.user !== null } : found
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
    void whoAmI().then((found) => setKnown((old) => merged(old, found)))
  }, [])

  useEffect(() => {
    onUnauthorized(() => setKnown((old) => merged(old, anonymous)))
    reload()
  }, [reload, recovery])

  const signIn = useCallback(async (username: string, password: string) => {
    const answer = await api.authorization.login({ username, password })
    setKnown(signedIn(answer.user, answer.password_expired))
  }, [])

  const signOut = useCallback(async () => {
    await api.authorization.logout().catch((error: unknown) => {
      if (!(error instanceof ApiError && error.isUnauthorized)) throw error
    })
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
