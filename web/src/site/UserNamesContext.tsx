/* SPDX-License-Identifier: MIT */
/* Names of users for their ids, each asked for once. Without the permission, or if a user is gone, the id stays. */
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { api } from '../api/client'
import { useSession } from '../auth/SessionContext'

interface UserNames {
  names: ReadonlyMap<string, string>
  want: (id: string) => void
}

const UserNamesContext = createContext<UserNames>({ names: new Map(), want: () => undefined })

const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

export function UserNamesProvider({ children }: { children: ReactNode }) {
  const { has, user } = useSession()
  const allowed = has('authorization:user:view')
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map())
  const asked = useRef(new Set<string>())

  useEffect(() => {
    asked.current.clear()
    setNames(user ? new Map([[user.id, user.username]]) : new Map())
  }, [user])

  const want = useCallback(
    (id: string) => {
      if (!allowed || !uuid.test(id) || asked.current.has(id)) return
      asked.current.add(id)
      api.authorization.getUser({ id }).then(
        (found) => setNames((old) => new Map(old).set(id, found.username)),
        () => undefined,
      )
    },
    [allowed],
  )

  const value = useMemo(() => ({ names, want }), [names, want])
  return <UserNamesContext.Provider value={value}>{children}</UserNamesContext.Provider>
}

/** The name of a user, or undefined as long as it is not known. */
export function useUserName(id: string): string | undefined {
  const { names, want } = useContext(UserNamesContext)
  useEffect(() => want(id), [id, want])
  return names.get(id)
}
