/* SPDX-License-Identifier: MIT */
import type { ReactNode } from 'react'
import { Forbidden } from '../components/state/Forbidden'
import { useSession } from './SessionContext'

interface Props {
  permission: string
  children: ReactNode
}

export function RequirePermission({ permission, children }: Props) {
  const { has } = useSession()
  return has(permission) ? <>{children}</> : <Forbidden />
}
