/* SPDX-License-Identifier: MIT */
import { act, cleanup, renderHook } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { overview } from '../../testing/samples'
import { fillingPollMs, overviewPollMs, useOverview } from './useOverview'

const getOverview = vi.hoisted(() => vi.fn())
vi.mock('../../api/client', () => ({ api: { system: { getOverview } } }))

let visibility: DocumentVisibilityState = 'visible'

async function pass(milliseconds: number) {
  await act(() => vi.advanceTimersByTimeAsync(milliseconds))
}

async function look(state: DocumentVisibilityState) {
  visibility = state
  await act(async () => {
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(0)
  })
}

beforeEach(() => {
  vi.useFakeTimers()
  visibility = 'visible'
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility)
  getOverview.mockReset().mockResolvedValue(overview())
})

afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('asks once, then every 5 seconds', async () => {
  const { result } = renderHook(() => useOverview())
  await pass(0)
  expect(getOverview).toHaveBeenCalledTimes(1)
  expect(result.current.data).toEqual(overview())
  await pass(overviewPollMs - 1)
  expect(getOverview).toHaveBeenCalledTimes(1)
  await pass(1)
  expect(getOverview).toHaveBeenCalledTimes(2)
  await pass(60_000)
  expect(getOverview).toHaveBeenCalledTimes(14)
})

test('a hidden page asks for nothing; one that is seen again asks at once', async () => {
  renderHook(() => useOverview())
  await pass(0)
  await look('hidden')
  await pass(600_000)
  expect(getOverview).toHaveBeenCalledTimes(1)
  await look('visible')
  expect(getOverview).toHaveBeenCalledTimes(2)
  await pass(overviewPollMs)
  expect(getOverview).toHaveBeenCalledTimes(3)
})

test('asks every second while hours are missing', async () => {
  const short = overview()
  getOverview.mockResolvedValue({ ...short, outcomes: short.outcomes.slice(20) })
  renderHook(() => useOverview())
  await pass(0)
  await pass(3 * fillingPollMs)
  expect(getOverview).toHaveBeenCalledTimes(4)
  getOverview.mockResolvedValue(short)
  await pass(fillingPollMs)
  await pass(overviewPollMs)
  expect(getOverview).toHaveBeenCalledTimes(6)
})

test('figures stay while the service is away', async () => {
  const { result } = renderHook(() => useOverview())
  await pass(0)
  getOverview.mockRejectedValue(new Error('away'))
  await pass(overviewPollMs)
  expect(result.current.data).toEqual(overview())
  expect(result.current.error).toBeInstanceOf(Error)
})
