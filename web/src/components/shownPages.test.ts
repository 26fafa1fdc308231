/* SPDX-License-Identifier: MIT */
import { expect, test } from 'vitest'
import { shownPages } from './shownPages'

test('the first, the last and those around the current page', () => {
  expect(shownPages(1, 1)).toEqual([1])
  expect(shownPages(1, 3)).toEqual([1, 2, 3])
  expect(shownPages(50, 100)).toEqual([1, 48, 49, 50, 51, 52, 100])
})

test('a gap of one page is filled', () => {
  expect(shownPages(5, 9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(shownPages(1, 5)).toEqual([1, 2, 3, 4, 5])
})

test('a page behind the last one is none', () => {
  expect(shownPages(9, 3)).toEqual([1, 2, 3])
})
