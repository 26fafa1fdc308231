/* SPDX-License-Identifier: MIT */
/* What follows from the status of a task. */
import type { Task } from '../api/types'

export function isActive(task: Task): boolean {
  return task.status === 'pending' || task.status === 'running'
}

/** A running task that was asked to end is not asked again. */
export function canCancel(task: Task): boolean {
  return isActive(task) && !task.cancel_requested_at
}

export function canRetry(task: Task): boolean {
  return task.status === 'failed' || task.status === 'cancelled'
}

export function canPause(task: Task): boolean {
  return task.status === 'running' && !task.paused_at && !task.cancel_requested_at
}

export function canResume(task: Task): boolean {
  return task.status === 'running' && task.paused_at !== undefined
}

/** Also one that was asked to end: that may take its grace time. */
export function canKill(task: Task): boolean {
  return task.status === 'running'
}

export function paused(task: Task): Task {
  return { ...task, paused_at: new Date().toISOString() }
}

export function resumed(task: Task): Task {
  const going: Task = { ...task }
  delete going.paused_at
  return going
}

export function killed(task: Task): Task {
  return cancelled(resumed(task))
}

/** What a cancel will make of the task, as far as can be foreseen. */
export function cancelled(task: Task): Task {
  const now = new Date().toISOString()
  if (task.status === 'pending') return { ...task, status: 'cancelled', finished_at: now }
  return { ...task, cancel_requested_at: now }
}

/** What a retry will make of the task. */
export function retried(task: Task): Task {
  const fresh: Task = { ...task, status: 'pending', progress: 0, retry_count: task.retry_count + 1, auto_retry_count: 0 }
  delete fresh.error
  delete fresh.result
  delete fresh.progress_text
  delete fresh.started_at
  delete fresh.finished_at
  delete fresh.cancel_requested_at
  delete fresh.paused_at
  return fresh
}

/** A task as an event tells of it, which is all of it but the payload. */
export function toldTask(old: Task, told: Task): Task {
  return { payload: old.payload, ...told }
}
