/* SPDX-License-Identifier: MIT */
/* The intervals of the polls, with a fake clock. */
import { act, cleanup, renderHook } from '@testing-library/react'
import { StrictMode, type ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { api } from '../api/client'
import { task, user } from '../testing/samples'
import { SessionProvider } from '../auth/SessionContext'
import { SiteProvider, useSite } from './SiteContext'

const listUserTasks = vi.fn(api.userTasks.listUserTasks)

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(api.authorization, 'getProfile').mockResolvedValue(user())
  listUserTasks.mockReset().mockResolvedValue([task({ id: 'old' })])
  vi.spyOn(api.userTasks, 'listUserTasks').mockImplementation(listUserTasks)
})

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

function Wrapper({ children }: { children: ReactNode }) {
  return (
    <SessionProvider>
      <SiteProvider>{children}</SiteProvider>
    </SessionProvider>
  )
}

async function wait(ms: number): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(ms))
}

async function start() {
  const { result } = renderHook(useSite, { wrapper: Wrapper })
  await wait(0)
  return result
}

test('asks once at the start and every 60 seconds while the list is closed', async () => {
  const site = await start()
  expect(listUserTasks).toHaveBeenCalledTimes(1)
  expect(site.current.tasks.map(({ id }) => id)).toEqual(['old'])
  await wait(59_999)
  expect(listUserTasks).toHaveBeenCalledTimes(1)
  await wait(1)
  expect(listUserTasks).toHaveBeenCalledTimes(2)
  await wait(120_000)
  expect(listUserTasks).toHaveBeenCalledTimes(4)
})

test('asks once at the opening and every 3 seconds while the list is open', async () => {
  const site = await start()
  act(() => site.current.setTasksDropdownOpen(true))
  await wait(0)
  expect(listUserTasks).toHaveBeenCalledTimes(2)
  await wait(2_999)
  expect(listUserTasks).toHaveBeenCalledTimes(2)
  await wait(1)
  expect(listUserTasks).toHaveBeenCalledTimes(3)
  await wait(9_000)
  expect(listUserTasks).toHaveBeenCalledTimes(6)
})

test('closing asks nothing and goes back to 60 seconds', async () => {
  const site = await start()
  act(() => site.current.setTasksDropdownOpen(true))
  await wait(0)
  act(() => site.current.setTasksDropdownOpen(false))
  await wait(59_999)
  expect(listUserTasks).toHaveBeenCalledTimes(2)
  await wait(1)
  expect(listUserTasks).toHaveBeenCalledTimes(3)
})

test('addTask puts the task on top and opens the list', async () => {
  const site = await start()
  listUserTasks.mockReturnValue(new Promise(() => undefined))
  act(() => site.current.addTask(task({ id: 'new', created_at: '2026-07-15T00:00:00Z' })))
  expect(site.current.tasksDropdownOpen).toBe(true)
  expect(site.current.tasks.map(({ id }) => id)).toEqual(['new', 'old'])
  expect(listUserTasks).toHaveBeenCalledTimes(2)
})

test('an answer that was asked for before addTask does not take the task away', async () => {
  const site = await start()
  let late: (tasks: ReturnType<typeof task>[]) => void = () => undefined
  listUserTasks.mockReturnValueOnce(new Promise((resolve) => (late = resolve)))
  await wait(60_000)
  listUserTasks.mockReturnValue(new Promise(() => undefined))
  act(() => site.current.addTask(task({ id: 'new', created_at: '2026-07-15T00:00:00Z' })))
  late([task({ id: 'old' })])
  await wait(0)
  expect(site.current.tasks.map(({ id }) => id)).toEqual(['new', 'old'])
})

test('an error keeps what is shown, and the polls go on', async () => {
  const site = await start()
  listUserTasks.mockRejectedValueOnce(new Error('gone'))
  await wait(60_000)
  expect(site.current.tasks.map(({ id }) => id)).toEqual(['old'])
  await wait(60_000)
  expect(listUserTasks).toHaveBeenCalledTimes(3)
})

test('nobody signed in: asks nothing', async () => {
  vi.spyOn(api.authorization, 'getProfile').mockReturnValue(new Promise(() => undefined))
  await start()
  await wait(120_000)
  expect(listUserTasks).not.toHaveBeenCalled()
})

test('one timer in strict mode, too', async () => {
  renderHook(useSite, { wrapper: ({ children }) => <StrictMode><Wrapper>{children}</Wrapper></StrictMode> })
  await wait(0)
  listUserTasks.mockClear()
  await wait(60_000)
  expect(listUserTasks).toHaveBeenCalledTimes(1)
})
