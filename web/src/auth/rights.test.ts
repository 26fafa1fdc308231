/* SPDX-License-Identifier: MIT */
import { expect, test } from 'vitest'
import type { Role } from '../api/types'
import { user } from '../testing/samples'
import { rightsOf } from './rights'

function role(name: string, codes: string[] = []): Role {
  const permissions = codes.map((code) => ({ id: code, code, name: code, description: '', org_permission: false }))
  const at = '2026-07-14T09:30:00Z'
  return { id: name, name, description: '', permissions, role_type: 'system', created_at: at, updated_at: at }
}

test('nobody may nothing', () => {
  expect(rightsOf(null).isAdmin).toBe(false)
  expect(rightsOf(null).has('task:list')).toBe(false)
})

test('an administrator may everything', () => {
  const rights = rightsOf(user({ roles: [role('admin')] }))
  expect(rights.isAdmin).toBe(true)
  expect(rights.has('anything:at:all')).toBe(true)
})

test('others may what one of their roles says', () => {
  const rights = rightsOf(user({ roles: [role('a', ['task:list']), role('b', ['task:view'])] }))
  expect([rights.has('task:list'), rights.has('task:view'), rights.has('task:cancel'), rights.isAdmin]).toEqual([true, true, false, false])
})
