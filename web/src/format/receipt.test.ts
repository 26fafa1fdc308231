/* SPDX-License-Identifier: MIT */
import i18next from 'i18next'
import { beforeAll, expect, test } from 'vitest'
import { startI18n } from '../i18n'
import { receiptText } from './receipt'

beforeAll(startI18n)

const tell = (kind: string, detail: unknown) => receiptText(i18next.getFixedT('en'), 'en', kind, detail)

test('the rungs of a kill', () => {
  const term = { signal: 'SIGTERM', reason: 'cancel', pid: 4711, processes: 3, after_ms: 0 }
  expect(tell('signalled', term)).toBe('SIGTERM to 3 processes, because the task was cancelled')
  const kill = { signal: 'SIGKILL', reason: 'timeout', pid: 4711, processes: 1, after_ms: 10_000 }
  expect(tell('killed', kill)).toBe('SIGKILL to 1 process, because it took too long, after 10 sec')
  const empty = { containment: 'cgroup', processes: 3, after_ms: 4 }
  expect(tell('tree_empty', empty)).toBe('none of 3 processes is left, after 4 ms, told by the kernel (cgroup)')
})

test('pauses and reasons', () => {
  expect(tell('paused', { containment: 'session', processes: 2, after_ms: 1 })).toBe('2 processes stopped where they were')
  expect(tell('resumed', { paused_ms: 61_000 })).toBe('was paused for 1 min 1 sec')
  expect(tell('kill_requested', { reason: 'holds a lock' })).toBe('“holds a lock”')
})

test('what is not known stays as it is', () => {
  expect(tell('created', { a: 1 })).toBeNull()
  expect(tell('killed', null)).toBeNull()
  expect(tell('kill_requested', {})).toBeNull()
  expect(tell('signalled', { signal: 'SIGTERM', reason: 'constructor', processes: 1 })).toBe('SIGTERM to 1 process, constructor')
})
