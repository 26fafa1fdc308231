/* SPDX-License-Identifier: MIT */
/* Saves the whole log of a task as a text file. */
import type { Task, TaskLogLine } from '../../api/types'
import { readLog } from './useTaskLog'

export function logLineText({ created_at, attempt, level, message }: TaskLogLine): string {
  return `${created_at} ${attempt} ${level.toUpperCase()} ${message}\n`
}

function save(name: string, parts: string[]): void {
  const url = URL.createObjectURL(new Blob(parts, { type: 'text/plain;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

export async function downloadLog(task: Task): Promise<void> {
  const parts: string[] = []
  await readLog(task.id, undefined, new AbortController().signal, (lines) => {
    parts.push(lines.map(logLineText).join(''))
    return true
  })
  save(`${task.type}-${task.id}.log`, parts)
}
