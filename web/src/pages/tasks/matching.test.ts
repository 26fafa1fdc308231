/* SPDX-License-Identifier: MIT */
import { expect, test, vi } from 'vitest'
import type { Task } from '../../api/types'
import { task } from '../../testing/samples'
import { readFilters } from './filters'
import { countMatching, fixedQuery, matching, narrowed } from './matching'

const filters = readFilters(new URLSearchParams())
const query = fixedQuery(filters, Date.parse('2026-07-14T09:30:00Z'))
const { signal } = new AbortController()

function service(count: number) {
  const tasks = new Map<string, Task>()
  for (let i = 0; i < count; i++) tasks.set(String(i), task({ id: String(i) }))
  const ask = vi.fn(({ current, page_size }: { current: number; page_size: number }) => {
    const data = [...tasks.values()].slice((current - 1) * page_size, current * page_size)
    return Promise.resolve({ data, total: Math.min(tasks.size, 10_000), current, page_size })
  })
  return { tasks, ask }
}

test('a filter is narrowed to what the action changes', () => {
  expect(narrowed('cancel', filters)?.status).toEqual(['pending', 'running'])
  expect(narrowed('retry', { ...filters, status: ['failed', 'success'] })?.status).toEqual(['failed'])
  expect(narrowed('cancel', { ...filters, status: ['success'] })).toBeNull()
})

test('nothing that is created later comes in', () => {
  expect(query.created_to).toBe('2026-07-14T09:30:00.000Z')
  const custom = fixedQuery({ ...filters, time: 'custom', to: '2026-01-01T00:00' }, Date.now())
  expect(custom.created_to).toBe(new Date('2026-01-01T00:00').toISOString())
})

test('counts with one question', async () => {
  const { ask } = service(250)
  expect(await countMatching(query, signal, ask)).toBe(250)
  expect(ask).toHaveBeenCalledTimes(1)
})

test('finds each once, though those that are done leave the list', async () => {
  const { tasks, ask } = service(12_345)
  const found: string[] = []
  for await (const { id } of matching(query, signal, ask)) {
    found.push(id)
    tasks.delete(id)
  }
  expect(found.length).toBe(12_345)
  expect(new Set(found).size).toBe(12_345)
})

test('ends, though those that refuse stay in the list', async () => {
  const { ask } = service(300)
  const found: string[] = []
  for await (const { id } of matching(query, signal, ask)) found.push(id)
  expect(found.length).toBe(300)
})

test('tells how many it has found, before the first is handed out', async () => {
  const { ask } = service(250)
  const told: number[] = []
  const first = await matching(query, signal, ask, (count) => told.push(count)).next()
  expect(first.done).toBe(false)
  expect(told).toEqual([100, 200, 250])
})
