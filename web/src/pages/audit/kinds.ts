/* SPDX-License-Identifier: MIT */
/* What the service writes into the audit trail, as one looks for it. A test against the running service holds the list. */

export const kindGroups = {
  access: ['signed_in', 'sign_in_failed', 'signed_out', 'refused'],
  tasks: [
    'created',
    'cancel_requested',
    'cancelled',
    'kill_requested',
    'paused',
    'resumed',
    'retried',
    'deleted',
    'signalled',
    'killed',
    'tree_empty',
    'artifact_set',
    'file_uploaded',
  ],
  people: [
    'user_created',
    'user_changed',
    'user_disabled',
    'user_enabled',
    'password_changed',
    'password_expired',
    'role_created',
    'role_changed',
    'role_deleted',
    'token_created',
    'token_deleted',
  ],
  settings: ['setting_changed'],
} as const

export type KindGroup = keyof typeof kindGroups

export const allKinds: readonly string[] = Object.values(kindGroups).flat()
