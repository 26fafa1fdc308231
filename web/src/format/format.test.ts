/* SPDX-License-Identifier: MIT */
import { expect, test } from 'vitest'
import { task } from '../testing/samples'
import { prettyJson } from './json'
import { timeLeft } from './progress'
import { bytes } from './size'
import { canCancel, canRetry, cancelled, retried, toldTask } from './task'
import { duration, relativeTime, span } from './time'

const now = Date.parse('2026-07-14T12:00:00Z')

test.each([
  [-30, '30 seconds ago'],
  [-59, '59 seconds ago'],
  [-60, '1 minute ago'],
  [-3_599, '59 minutes ago'],
  [-7_200, '2 hours ago'],
  [-86_400, 'yesterday'],
  [-40 * 86_400, 'last month'],
  [3_700, 'in 1 hour'],
  [4, 'now'],
])('relative time of %d seconds', (seconds, text) => {
  expect(relativeTime(now + seconds * 1000, now, 'en')).toBe(text)
})

test('relative time in Chinese', () => {
  expect(relativeTime(now - 300_000, now, 'zh')).toBe('5分钟前')
})

test.each([
  [-5, '0 ms'],
  [340, '340 ms'],
  [1_000, '1 sec'],
  [65_000, '1 min 5 sec'],
  [3_600_000, '1 hr'],
  [7_500_000, '2 hr 5 min'],
  [90_000_000, '1 day 1 hr'],
])('duration of %d ms', (ms, text) => {
  expect(duration(ms, 'en')).toBe(text)
})

test('a span without an end lasts until now', () => {
  expect(span('2026-07-14T11:59:00Z', undefined, now, 'en')).toBe('1 min')
  expect(span('2026-07-14T11:59:00Z', '2026-07-14T11:59:30Z', now, 'en')).toBe('30 sec')
  expect(span(undefined, undefined, now, 'en')).toBe('')
})

test.each([
  [0, '0 byte'],
  [999, '999 byte'],
  [1_500, '1.5 kB'],
  [3_100_672, '3.1 MB'],
  [5e15, '5,000 TB'],
])('%d bytes', (count, text) => {
  expect(bytes(count, 'en')).toBe(text)
})

test('JSON is pretty-printed, other text stays, a JSON string loses its quotes', () => {
  expect(prettyJson('{"a":[1]}')).toEqual({ text: '{\n  "a": [\n    1\n  ]\n}', isJson: true })
  expect(prettyJson('not { json')).toEqual({ text: 'not { json', isJson: false })
  expect(prettyJson('"a\\nb"')).toEqual({ text: 'a\nb', isJson: true })
})

test('time left follows from the pace so far', () => {
  const started_at = new Date(now - 40_000).toISOString()
  expect(timeLeft(task({ status: 'running', progress: 40, started_at }), now)).toBe(60_000)
})

test.each([
  ['pending', { status: 'pending' as const, progress: 50 }],
  ['not started', { status: 'running' as const, progress: 50, started_at: undefined }],
  ['too early to say', { status: 'running' as const, progress: 2 }],
  ['started just now', { status: 'running' as const, progress: 50, started_at: new Date(now - 500).toISOString() }],
  ['all but done', { status: 'running' as const, progress: 100 }],
])('no time left to tell: %s', (_, change) => {
  const started_at = new Date(now - 40_000).toISOString()
  expect(timeLeft(task({ started_at, ...change }), now)).toBeNull()
})

test('what a status allows', () => {
  expect(canCancel(task({ status: 'running' }))).toBe(true)
  expect(canCancel(task({ status: 'running', cancel_requested_at: '2026-07-14T09:30:00Z' }))).toBe(false)
  expect(canCancel(task({ status: 'success' }))).toBe(false)
  expect((['pending', 'running', 'success', 'failed', 'cancelled'] as const).map((status) => canRetry(task({ status })))).toEqual([
    false,
    false,
    false,
    true,
    true,
  ])
})

test('a cancel ends what is pending and asks what is running', () => {
  expect(cancelled(task({ status: 'pending' })).status).toBe('cancelled')
  const running = cancelled(task({ status: 'running' }))
  expect(running.status).toBe('running')
  expect(running.cancel_requested_at).toBeDefined()
})

test('a retry begins anew and counts', () => {
  const again = retried(task({ status: 'failed', progress: 60, error: 'x', result: '{}', finished_at: 'x', retry_count: 2 }))
  expect(again).toMatchObject({ status: 'pending', progress: 0, retry_count: 3 })
  expect(again).not.toHaveProperty('error')
  expect(again).not.toHaveProperty('finished_at')
})

test('an event replaces all but the payload', () => {
  const old = task({ status: 'failed', error: 'x', payload: 'p' })
  expect(toldTask(old, task({ status: 'pending' }))).toEqual(task({ status: 'pending', payload: 'p' }))
})
