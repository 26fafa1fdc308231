/* SPDX-License-Identifier: MIT */
/* Which lines of a log are shown, and where in a line the searched text stands. */
import type { TaskLogLine } from '../../api/types'

export type LogLevel = TaskLogLine['level']

export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

export function filterLines(lines: TaskLogLine[], levels: readonly LogLevel[], search: string): TaskLogLine[] {
  const wanted = search.trim().toLowerCase()
  if (levels.length === 0 && wanted === '') return lines
  return lines.filter(
    ({ level, message }) =>
      (levels.length === 0 || levels.includes(level)) && (wanted === '' || message.toLowerCase().includes(wanted)),
  )
}

/** The text cut where the search matches: odd pieces match, even ones do not. */
export function splitMatches(text: string, search: string): string[] {
  const wanted = search.trim().toLowerCase()
  const lower = text.toLowerCase()
  /* Some letters change their length with their case; then no place can be told. */
  if (wanted === '' || lower.length !== text.length) return [text]
  const pieces: string[] = []
  let from = 0
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    pieces.push(text.slice(from, at), text.slice(at, at + wanted.length))
    from = at + wanted.length
  }
  return [...pieces, text.slice(from)]
}
