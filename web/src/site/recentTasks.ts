/* SPDX-License-Identifier: MIT */
/* The list of recent tasks as it is after one of them has changed or come. */
import type { Task } from '../api/types'
import { toldTask } from '../format/task'

/** As many as the service answers. */
const most = 10

export function putTask(tasks: Task[], task: Task): Task[] {
  if (tasks.some((old) => old.id === task.id)) {
    return tasks.map((old) => (old.id === task.id ? toldTask(old, task) : old))
  }
  const newestFirst = (a: Task, b: Task) => Date.parse(b.created_at) - Date.parse(a.created_at)
  return [task, ...tasks].sort(newestFirst).slice(0, most)
}
