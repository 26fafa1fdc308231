/* SPDX-License-Identifier: MIT */
import { expect, test } from 'vitest'
import type { TaskLogLine } from '../../api/types'
import { filterLines, splitMatches, type LogLevel } from './logFilter'

function line(level: LogLevel, message: string): TaskLogLine {
  return { id: message, task_id: 't', attempt: 1, level, message, created_at: '2026-07-14T09:30:00Z', updated_at: '2026-07-14T09:30:00Z' }
}

const lines = [line('info', 'One'), line('warn', 'two'), line('error', 'ONE more')]

test('no filter hands on the very same list', () => {
  expect(filterLines(lines, [], ' ')).toBe(lines)
})

test('levels and text both have to match, capitals do not matter', () => {
  expect(filterLines(lines, ['warn'], '')).toEqual([lines[1]])
  expect(filterLines(lines, [], 'one')).toEqual([lines[0], lines[2]])
  expect(filterLines(lines, ['error'], 'one')).toEqual([lines[2]])
})

test.each([
  ['abc', '', ['abc']],
  ['abcABC', 'b', ['a', 'b', 'cA', 'B', 'C']],
  ['aaaa', 'aa', ['', 'aa', '', 'aa', '']],
  ['<b>.*', '.*', ['<b>', '.*', '']],
  ['İi', 'i', ['İi']],
])('%s cut at %s', (text, search, pieces) => {
  expect(splitMatches(text, search)).toEqual(pieces)
  expect(splitMatches(text, search).join('')).toBe(text)
})
