/* SPDX-License-Identifier: MIT */
/* How long a running task will still take, guessed from how far it got since it started. */
import type { Task } from '../api/types'

/* Below this the guess jumps about. */
const leastProgress = 3
const leastElapsedMs = 2_000

/** Milliseconds left, or null if there is nothing to guess from. */
export function timeLeft(task: Task, now: number): number | null {
  if (task.status !== 'running' || !task.started_at || task.paused_at) return null
  if (task.progress < leastProgress || task.progress >= 100) return null
  const elapsed = now - Date.parse(task.started_at)
  if (elapsed < leastElapsedMs) return null
  return (elapsed / task.progress) * (100 - task.progress)
}
