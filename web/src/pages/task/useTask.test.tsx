/* SPDX-License-Identifier: MIT */
/* Every 2 seconds while pending or running, and not otherwise. */
import { act, cleanup, renderHook } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { api } from '../../api/client'
import type { TaskStatus } from '../../api/types'
import { task } from '../../testing/samples'
import { useTask } from './useTask'

const getTask = vi.fn(api.tasks.getTask)

beforeEach(() => {
  vi.useFakeTimers()
  getTask.mockReset()
  vi.spyOn(api.tasks, 'getTask').mockImplementation(getTask)
})

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

async function wait(ms: number): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(ms))
}

async function show(status: TaskStatus) {
  getTask.mockResolvedValue(task({ status }))
  const { result } = renderHook(() => useTask('x'))
  await wait(0)
  expect(getTask).toHaveBeenCalledTimes(1)
  return result
}

test.each(['pending', 'running'] as const)('%s: every 2 seconds', async (status) => {
  await show(status)
  await wait(1_999)
  expect(getTask).toHaveBeenCalledTimes(1)
  await wait(1)
  expect(getTask).toHaveBeenCalledTimes(2)
  await wait(4_000)
  expect(getTask).toHaveBeenCalledTimes(4)
})

test.each(['success', 'failed', 'cancelled'] as const)('%s: never', async (status) => {
  await show(status)
  await wait(600_000)
  expect(getTask).toHaveBeenCalledTimes(1)
})

test('stops when the task ends and begins again at a retry', async () => {
  const result = await show('running')
  getTask.mockResolvedValue(task({ status: 'failed' }))
  await wait(2_000)
  expect(result.current.data?.status).toBe('failed')
  await wait(60_000)
  expect(getTask).toHaveBeenCalledTimes(2)
  act(() => result.current.view.replace('x', task({ status: 'pending' })))
  getTask.mockResolvedValue(task({ status: 'pending' }))
  await wait(2_000)
  expect(getTask).toHaveBeenCalledTimes(3)
})

test('an answer older than a change made here is ignored', async () => {
  const result = await show('running')
  let late: (answer: ReturnType<typeof task>) => void = () => undefined
  getTask.mockReturnValueOnce(new Promise((resolve) => (late = resolve)))
  await wait(2_000)
  act(() => result.current.view.replace('x', task({ status: 'cancelled' })))
  late(task({ status: 'running' }))
  await wait(0)
  expect(result.current.data?.status).toBe('cancelled')
})

test('one question at a time', async () => {
  await show('running')
  getTask.mockReturnValue(new Promise(() => undefined))
  await wait(10_000)
  expect(getTask).toHaveBeenCalledTimes(2)
})
