/* SPDX-License-Identifier: MIT */
import { beforeEach, expect, test, vi, type Mock } from 'vitest'
import { addressOf, api } from './client'
import { ApiError } from './errors'
import { onUnauthorized } from './transport'

type Fetch = Mock<(input: string, init: RequestInit) => Promise<Response>>

let fetchMock: Fetch

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
}

beforeEach(() => {
  fetchMock = vi.fn(() => Promise.resolve(answer(200, { code: '0', data: [] })))
  vi.stubGlobal('fetch', fetchMock)
  onUnauthorized(() => undefined)
})

test('path members go into the path, escaped', async () => {
  await api.tasks.getTask({ id: 'a/b' })
  expect(fetchMock.mock.calls[0][0]).toBe('http://localhost:3000/api/tasks/a%2Fb')
})

test('query members go into the query; empty ones are left out', async () => {
  await api.tasks.listTasks({ current: 2, page_size: 20, search: '', type: 'a b' })
  expect(fetchMock.mock.calls[0][0]).toBe('http://localhost:3000/api/tasks?current=2&page_size=20&type=a+b')
})

test('the rest is the body, as JSON', async () => {
  await api.authorization.createUserExportTask({ keywords: 'x', status: '' })
  const [url, init] = fetchMock.mock.calls[0]
  expect(url).toBe('http://localhost:3000/api/authorization/users/export')
  expect(init).toMatchObject({ method: 'POST', body: '{"keywords":"x","status":""}' })
})

test('no call carries a token', async () => {
  await api.tasks.cancelTask({ id: '1' })
  const headers = fetchMock.mock.calls[0][1].headers
  expect(Object.keys(headers as object)).toEqual(['Accept', 'Accept-Language'])
})

test('a page keeps its members, an object loses its envelope', async () => {
  fetchMock.mockResolvedValueOnce(answer(200, { code: '0', data: [], total: 3, current: 1, page_size: 10, trace_id: 'x' }))
  expect(await api.tasks.listTasks({})).toEqual({ data: [], total: 3, current: 1, page_size: 10 })
  fetchMock.mockResolvedValueOnce(answer(200, { code: '0', data: { message: 'hi' } }))
  expect(await api.tasks.retryTask({ id: '1' })).toEqual({ message: 'hi' })
})

test('a refusal carries status, code and sentence', async () => {
  fetchMock.mockResolvedValueOnce(answer(403, { code: 'E4031', err: 'No permission' }))
  const error = await api.tasks.listTasks({}).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ kind: 'refused', status: 403, code: 'E4031', message: 'No permission' })
})

test('an answer 200 whose code is not "0" is a refusal', async () => {
  fetchMock.mockResolvedValueOnce(answer(200, { code: 0, data: [] }))
  await expect(api.tasks.listTasks({})).rejects.toMatchObject({ kind: 'refused' })
})

test('only 401 ends the session', async () => {
  const gone = vi.fn()
  onUnauthorized(gone)
  fetchMock.mockResolvedValueOnce(answer(404, { code: 'E4041', err: 'none' }))
  await api.tasks.getTask({ id: '1' }).catch(() => undefined)
  expect(gone).not.toHaveBeenCalled()
  fetchMock.mockResolvedValueOnce(answer(401, { code: 'E4011', err: 'gone' }))
  await api.tasks.getTask({ id: '1' }).catch(() => undefined)
  expect(gone).toHaveBeenCalledOnce()
})

test('no answer is told apart from giving up', async () => {
  fetchMock.mockRejectedValueOnce(new TypeError('failed'))
  await expect(api.tasks.listTasks({})).rejects.toMatchObject({ kind: 'network' })
  const controller = new AbortController()
  controller.abort()
  fetchMock.mockRejectedValueOnce(new DOMException('aborted', 'AbortError'))
  await expect(api.tasks.listTasks({}, { signal: controller.signal })).rejects.toMatchObject({ kind: 'aborted' })
})

test('addresses stand below the base of the page', () => {
  const base = document.createElement('base')
  base.href = '/jobs/'
  document.head.append(base)
  expect(addressOf('getFile', { key: 'k' }, { method: 'download' })).toBe('http://localhost:3000/jobs/api/files/k?method=download')
  base.remove()
})
