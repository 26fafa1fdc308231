/* SPDX-License-Identifier: MIT */
import { expect, test, vi } from 'vitest'
import { ApiError } from '../../api/errors'
import { runAll, type BulkOptions } from './bulkRun'

async function* numbers(count: number) {
  for (let i = 0; i < count; i++) yield await Promise.resolve(i)
}

function options(change: Partial<BulkOptions> = {}): BulkOptions {
  return { atATime: 4, patienceMs: 1, patience: 3, signal: new AbortController().signal, onStep: () => undefined, ...change }
}

const away = new ApiError('network', 0, '', 'no answer')

test('does each once, never more than a few at a time', async () => {
  let now = 0
  let most = 0
  const done: number[] = []
  const outcome = await runAll(numbers(50), async (item) => {
    most = Math.max(most, (now += 1))
    await new Promise((resolve) => setTimeout(resolve, 1))
    now -= 1
    done.push(item)
  }, options())
  expect(most).toBe(4)
  expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
  expect(outcome).toMatchObject({ done: 50, failed: 0, stopped: false })
})

test('counts refusals by their reason and goes on', async () => {
  const act = (item: number) => (item % 2 ? Promise.reject(new ApiError('refused', 403, 'E4031', item === 1 ? 'one' : 'others')) : Promise.resolve())
  const outcome = await runAll(numbers(10), act, options())
  expect(outcome).toMatchObject({ done: 5, failed: 5, stopped: false })
  expect([...outcome.reasons]).toEqual(expect.arrayContaining([['one', 1], ['others', 4]]))
})

test('waits for a service that comes back', async () => {
  let left = 2
  const act = vi.fn(() => (left-- > 0 ? Promise.reject(away) : Promise.resolve()))
  const outcome = await runAll(numbers(1), act, options())
  expect(act).toHaveBeenCalledTimes(3)
  expect(outcome).toMatchObject({ done: 1, failed: 0 })
})

test('ends where the service stays away', async () => {
  const act = vi.fn(() => Promise.reject(away))
  const outcome = await runAll(numbers(1000), act, options({ atATime: 2 }))
  expect(outcome.stopped).toBe(true)
  expect(outcome.failed).toBeLessThanOrEqual(2)
  expect(act.mock.calls.length).toBeLessThanOrEqual(8)
})

test('ends when the user says so', async () => {
  const controller = new AbortController()
  const act = vi.fn((item: number) => {
    if (item === 5) controller.abort()
    return Promise.resolve()
  })
  const outcome = await runAll(numbers(1000), act, options({ atATime: 1, signal: controller.signal }))
  expect(outcome).toMatchObject({ done: 6, stopped: true })
})

test('tells how far it is after each', async () => {
  const seen: number[] = []
  await runAll(numbers(3), () => Promise.resolve(), options({ atATime: 1, onStep: ({ done }) => seen.push(done) }))
  expect(seen).toEqual([1, 2, 3])
})
