/* SPDX-License-Identifier: MIT */
import i18next from 'i18next'
import { beforeAll, expect, test } from 'vitest'
import type { TaskDoing, TaskProcess, TaskProcesses } from '../../api/types'
import openapi from '../../../../docs/openapi.json'
import { chooseLanguage, startI18n } from '../../i18n'
import { doingText } from './doing'

beforeAll(async () => {
  await startI18n()
  await chooseLanguage('zh')
})

const parent: TaskProcess = {
  pid: 10,
  ppid: 1,
  depth: 0,
  name: 'import.sh',
  state: 'S',
  cpu_percent: 0,
  cpu_ms: 0,
  memory_bytes: 1,
  threads: 1,
  age_ms: 1,
}
const child: TaskProcess = { ...parent, pid: 11, ppid: 10, depth: 1, name: 'cat' }

function tell(language: 'en' | 'zh', doing: TaskDoing[], change: Partial<TaskProcess> = {}): string {
  const seen: TaskProcesses = { summary: 'as the service says', doing, total: 2, processes: [parent, { ...child, ...change }] }
  return doingText(i18next.getFixedT(language), language, seen)
}

test('a chain of processes that wait', () => {
  const doing: TaskDoing[] = [
    { code: 'child', pid: 10 },
    { code: 'read', pid: 11, for_ms: 412_000 },
  ]
  const pipe = { waits_on: { fd: 0, kind: 'pipe' as const, target: 'pipe:[1]' } }
  expect(tell('en', doing, pipe)).toBe('waiting for a child (cat), which is blocked for 6 min 52 sec reading from a pipe')
  expect(tell('zh', doing, pipe)).toBe('正在等待子进程（cat），该进程已阻塞 6分钟 52秒：从管道读取')
  const asleep: TaskDoing[] = [
    { code: 'child', pid: 10 },
    { code: 'sleeping', pid: 11 },
  ]
  expect(tell('en', asleep)).toBe('waiting for a child (cat)')
  expect(tell('zh', asleep)).toBe('正在等待子进程（cat）')
})

test('how long, how busy, how many', () => {
  expect(tell('en', [{ code: 'busy', cpu_percent: 149.6, for_ms: 61_000 }])).toBe('busy: 150% CPU for 1 min 1 sec')
  expect(tell('zh', [{ code: 'busy', cpu_percent: 80 }])).toBe('忙碌：CPU 80%')
  expect(tell('en', [{ code: 'lock', pid: 11, silent_ms: 20_000 }])).toBe('blocked waiting for a lock or another thread (futex); no message for 20 sec')
  expect(tell('en', [{ code: 'ended', pid: 10 }])).toBe('ended; 1 process of it is left')
  expect(tell('en', [{ code: 'kernel', pid: 11 }])).toBe('blocked inside the kernel (disk or network): it cannot be interrupted')
})

test('every code of the description has words, in both languages', () => {
  for (const code of openapi.components.schemas.TaskDoing.properties.code.enum as TaskDoing['code'][]) {
    expect(tell('en', [{ code, pid: 11 }])).not.toMatch(/as the service says|process\./)
    expect(tell('zh', [{ code, pid: 11 }]).replace(/futex|SIGSTOP|CPU/g, '')).not.toMatch(/[a-z]{2}/i)
  }
})

test('what is not known is said in the words of the service', () => {
  expect(tell('zh', [{ code: 'constructor' as TaskDoing['code'], pid: 11 }])).toBe('as the service says')
  expect(tell('zh', [])).toBe('as the service says')
})
