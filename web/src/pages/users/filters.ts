/* SPDX-License-Identifier: MIT */
/* The filters of the user list as they stand in the address. */
import type { UserStatus } from '../../api/types'

export interface UserFilters {
  keywords: string
  status: UserStatus | ''
  current: number
  pageSize: number
}

/** Those that the service can filter by. */
export const userStatuses: readonly UserStatus[] = ['active', 'disabled', 'locked', 'password_expired', 'deleted']

const usualPageSize = 20

export function readUserFilters(query: URLSearchParams): UserFilters {
  return {
    keywords: query.get('keywords') ?? '',
    status: userStatuses.find((status) => status === query.get('status')) ?? '',
    current: Math.max(1, Math.trunc(Number(query.get('current'))) || 1),
    pageSize: Math.trunc(Number(query.get('page_size'))) || usualPageSize,
  }
}

export function writeUserFilters({ keywords, status, current, pageSize }: UserFilters): URLSearchParams {
  const query = new URLSearchParams()
  if (keywords) query.set('keywords', keywords)
  if (status) query.set('status', status)
  if (current > 1) query.set('current', String(current))
  if (pageSize !== usualPageSize) query.set('page_size', String(pageSize))
  return query
}
