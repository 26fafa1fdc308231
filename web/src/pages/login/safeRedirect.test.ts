/* SPDX-License-Identifier: MIT */
import { expect, test } from 'vitest'
import { safeRedirect } from './safeRedirect'

test.each(['/tasks', '/tasks?status=failed#log', '/'])('%s is ours', (address) => {
  expect(safeRedirect(address)).toBe(address)
})

test.each([null, '', 'tasks', '//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/login?redirect=/login'])(
  '%s is not',
  (address) => {
    expect(safeRedirect(address)).toBe('/')
  },
)
