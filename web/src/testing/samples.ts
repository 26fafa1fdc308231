/* SPDX-License-Identifier: MIT */
/* Objects as the service answers them, for the unit tests. */
import type { Overview, Task, User } from '../api/types'

export function task(change: Partial<Task> = {}): Task {
  return {
    id: '8c0f7a52-3f0e-4b6f-9d2e-5f7b1c2a9e10',
    type: 'sleep',
    status: 'pending',
    progress: 0,
    creator_id: '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed',
    category: 'user',
    attempt: 0,
    retry_count: 0,
    auto_retry_count: 0,
    max_retries: 1,
    created_at: '2026-07-14T09:30:00Z',
    updated_at: '2026-07-14T09:30:00Z',
    ...change,
  }
}

export function user(change: Partial<User> = {}): User {
  return {
    id: '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed',
    created_at: '2026-07-14T09:30:00Z',
    updated_at: '2026-07-14T09:30:00Z',
    username: 'ann',
    email: '',
    full_name: '',
    status: 'active',
    mfa_enabled: false,
    mfa_enforced: false,
    oauth_provider: '',
    oauth_id: '',
    source: 'local',
    roles: [],
    organizations: [],
    disable_change_password: false,
    ...change,
  }
}

export function overview(change: Partial<Overview> = {}): Overview {
  return {
    as_of: '2026-07-14T09:30:00Z',
    draining: false,
    max_concurrent: 10,
    running: 0,
    pending: 0,
    due_later: 0,
    outcomes: Array.from({ length: 24 }, (_, hour) => {
      const from = new Date(Date.UTC(2026, 6, 13, 10 + hour)).toISOString()
      return { from, success: 0, failed: 0, cancelled: 0 }
    }),
    types: [],
    running_tasks: [],
    failures: [],
    ...change,
  }
}
