/* SPDX-License-Identifier: MIT */
import { expect, test } from 'vitest'
import { hasFilters, queryOf, readFilters, writeFilters } from './filters'

const now = Date.parse('2026-07-14T12:00:00Z')

function read(query: string) {
  return readFilters(new URLSearchParams(query))
}

test('an untouched list has an empty address', () => {
  expect(writeFilters(read('')).toString()).toBe('')
  expect(hasFilters(read(''))).toBe(false)
})

test.each([
  'search=a+b%26c',
  'status=pending%2Cfailed',
  'type=user_export&creator=ann',
  'time=lastDay',
  'time=custom&from=2026-07-01T00%3A00&to=2026-07-02T00%3A00',
  'current=3&page_size=50',
])('%s survives reading and writing', (query) => {
  expect(writeFilters(read(query)).toString()).toBe(query)
})

test.each(['current=-1', 'current=x', 'page_size=7', 'status=nonsense', 'time=constructor'])('%s is nonsense and ignored', (query) => {
  expect(writeFilters(read(query)).toString()).toBe('')
})

test('the times of a span count from now', () => {
  expect(queryOf(read('time=lastHour'), now).created_from).toBe('2026-07-14T11:00:00.000Z')
})

test('half a time range is one', () => {
  const query = queryOf(read('time=custom&from=2026-07-01T00:00'), now)
  expect(query.created_from).toBe(new Date('2026-07-01T00:00').toISOString())
  expect(query.created_to).toBeUndefined()
})

test('what is empty is not asked for', () => {
  expect(queryOf(read('search=++'), now)).toEqual({ current: 1, page_size: 20 })
})
