/* SPDX-License-Identifier: MIT */
/* What a user may do, by the rule that the service follows. */
import type { User } from '../api/types'

export interface Rights {
  isAdmin: boolean
  has: (permission: string) => boolean
}

export function rightsOf(user: User | null): Rights {
  if (!user) return { isAdmin: false, has: () => false }
  const isAdmin = user.roles.some((role) => role.name === 'admin')
  const codes = new Set(user.roles.flatMap((role) => (role.permissions ?? []).map((permission) => permission.code)))
  return { isAdmin, has: (permission) => isAdmin || codes.has(permission) }
}
