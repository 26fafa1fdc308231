/* SPDX-License-Identifier: MIT */
import { expect, test } from 'vitest'
import { isKnown } from './useNames'

test('what we have a word for is known', () => {
  expect(isKnown('type', 'user_export')).toBe(true)
  expect(isKnown('event', 'created')).toBe(true)
})

test.each(['__proto__', 'constructor', 'toString', '', 'a.b', '$t(status.failed)'])('%s is not', (code) => {
  expect(isKnown('type', code)).toBe(false)
})
