/* SPDX-License-Identifier: MIT */
import { act, cleanup, renderHook } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { useResource } from './useResource'

afterEach(cleanup)

/* A load function whose answers the test gives. */
function controlled() {
  const waiting: { resolve: (value: number) => void; reject: (reason: unknown) => void }[] = []
  const load = vi.fn(() => new Promise<number>((resolve, reject) => waiting.push({ resolve, reject })))
  const settle = async (index: number, value: number) => act(async () => {
    waiting[index].resolve(value)
    await Promise.resolve()
  })
  const fail = async (index: number) => act(async () => {
    waiting[index].reject(new Error('no'))
    await Promise.resolve()
  })
  return { load, settle, fail }
}

function show(load: () => Promise<number>) {
  return renderHook(({ key }) => useResource(key, load), { initialProps: { key: 'a' } })
}

test('loads at once, then has the data', async () => {
  const { load, settle } = controlled()
  const { result } = show(load)
  expect(result.current.loading).toBe(true)
  await settle(0, 1)
  expect(result.current).toMatchObject({ data: 1, loading: false, error: undefined })
})

test('keeps old data while those of another key come, and says so', async () => {
  const { load, settle } = controlled()
  const { result, rerender } = show(load)
  await settle(0, 1)
  rerender({ key: 'b' })
  expect(result.current).toMatchObject({ data: 1, loading: true })
  await settle(1, 2)
  expect(result.current).toMatchObject({ data: 2, loading: false })
})

test('a late answer for an old key is ignored', async () => {
  const { load, settle } = controlled()
  const { result, rerender } = show(load)
  rerender({ key: 'b' })
  await settle(1, 2)
  await settle(0, 1)
  expect(result.current.data).toBe(2)
})

test('an error keeps the data, the next success clears the error', async () => {
  const { load, settle, fail } = controlled()
  const { result } = show(load)
  await settle(0, 1)
  act(() => result.current.refresh())
  await fail(1)
  expect(result.current.data).toBe(1)
  expect(result.current.error).toBeInstanceOf(Error)
  act(() => result.current.refresh())
  await settle(2, 3)
  expect(result.current).toMatchObject({ data: 3, error: undefined })
})

test('refresh does not ask twice at a time', async () => {
  const { load, settle } = controlled()
  const { result } = show(load)
  act(() => result.current.refresh())
  expect(load).toHaveBeenCalledTimes(1)
  await settle(0, 1)
  act(() => result.current.refresh())
  expect(load).toHaveBeenCalledTimes(2)
})

test('a change outdates the refresh that is on its way, a patch does not', async () => {
  const { load, settle } = controlled()
  const { result } = show(load)
  await settle(0, 1)
  act(() => result.current.refresh())
  act(() => result.current.change(() => 10))
  await settle(1, 1)
  expect(result.current.data).toBe(10)
  act(() => result.current.refresh())
  act(() => result.current.patch(() => 11))
  await settle(2, 12)
  expect(result.current.data).toBe(12)
})

test('neither stops the first answer', async () => {
  const { load, settle } = controlled()
  const { result, rerender } = show(load)
  act(() => result.current.change(() => 10))
  await settle(0, 1)
  expect(result.current.data).toBe(1)
  rerender({ key: 'b' })
  act(() => result.current.change(() => 10))
  await settle(1, 2)
  expect(result.current).toMatchObject({ data: 2, loading: false })
})
