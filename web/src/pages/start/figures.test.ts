/* SPDX-License-Identifier: MIT */
import { expect, test } from 'vitest'
import { axisEnd, failureRate, share, sumOf, totals } from './figures'

const hour = { from: '2026-07-14T09:00:00Z', success: 3, failed: 1, cancelled: 2 }

test('adds the hours up', () => {
  expect(totals([hour, hour])).toEqual({ success: 6, failed: 2, cancelled: 4 })
  expect(sumOf(hour)).toBe(6)
  expect(totals([])).toEqual({ success: 0, failed: 0, cancelled: 0 })
})

test('cancelled tasks neither failed nor succeeded', () => {
  expect(failureRate(hour)).toBe(0.25)
  expect(failureRate({ success: 0, failed: 0 })).toBeNull()
})

test.each([
  [0, 1],
  [1, 1],
  [3, 5],
  [5, 5],
  [6, 10],
  [43_000, 50_000],
])('an axis for %d ends at %d', (most, end) => {
  expect(axisEnd(most)).toBe(end)
})

test('a share is as exact as it is small', () => {
  expect(share(0.5, 'en')).toBe('50%')
  expect(share(0.042, 'en')).toBe('4.2%')
  expect(share(0.00001, 'en')).toBe('< 0.1%')
  expect(share(0, 'en')).toBe('0%')
})
