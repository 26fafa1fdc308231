// SPDX-License-Identifier: MIT
// How often the pages ask the service, seen on the network, with the clock of the page in our hands.
import assert from 'node:assert/strict'
import { browserTests } from './support/browser.mjs'
import { openRecent } from './support/pages.mjs'

const check = browserTests()
const stepMs = 500

/* The times, by the page's clock, at which it asks for an address; and what to wait for before the clock goes on. */
function watchFetch() {
  const asked = (globalThis.asked = [])
  const pending = (globalThis.pending = new Set())
  const { fetch } = globalThis
  globalThis.fetch = (...words) => {
    asked.push({ path: new URL(words[0], document.baseURI).pathname, time: Date.now() })
    const answer = fetch(...words)
    pending.add(answer)
    answer.catch(() => undefined).finally(() => pending.delete(answer))
    return answer
  }
}

/* Lets time pass in steps; answers arrive in between, as they do in life. */
async function pass(page, ms) {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await page.clock.runFor(stepMs)
    await page.evaluate(() => Promise.allSettled([...globalThis.pending]))
  }
}

async function timesOf(page, path) {
  const asked = await page.evaluate(() => globalThis.asked)
  return asked.filter((call) => call.path === path).map(({ time }) => time)
}

const gaps = (times) => times.slice(1).map((time, index) => time - times[index])

/* A page whose clock stands still from when it is loaded. */
async function withClock({ page, open }, path) {
  await page.addInitScript(watchFetch)
  await page.clock.install()
  await open(path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1_000))
  await pass(page, stepMs)
}

check('the recent tasks: every 60 s closed, at once and every 3 s open', { as: 'operator' }, async (window) => {
  const { page } = window
  const seen = []
  page.on('request', (request) => request.url().endsWith('/api/userTasks') && seen.push(request))
  await withClock(window, 'authorization/users')
  await pass(page, 185_000)
  const closed = await timesOf(page, '/api/userTasks')
  assert.equal(closed.length, 4, 'once at the start and three times')
  assert.deepEqual(gaps(closed).slice(1), [60_000, 60_000])
  await openRecent(page)
  await pass(page, 12_000)
  const open = (await timesOf(page, '/api/userTasks')).slice(4)
  assert.deepEqual(gaps(open), [3_000, 3_000, 3_000, 3_000])
  await page.keyboard.press('Escape')
  await pass(page, 65_000)
  const again = (await timesOf(page, '/api/userTasks')).slice(4 + open.length)
  assert.equal(again.length, 1, 'back at 60 s')
  assert.equal(seen.length, 4 + open.length + 1, 'as many were on the network')
})

check('a task: every 2 s while it is pending or running, never after that', { as: 'operator' }, async (window) => {
  const { page, service } = window
  const { id } = await service.makeTask('sleep', service.people.operator.username, { seconds: 600 })
  await service.taskIs(id, 'running')
  await withClock(window, `tasks/${id}`)
  await pass(page, 10_000)
  const active = await timesOf(page, `/api/tasks/${id}`)
  assert.ok(active.length >= 5, `${active.length} times`)
  assert.ok(gaps(active.slice(1)).every((gap) => gap === 2_000), `${gaps(active)}`)
  await service.control('POST', `/api/tasks/${id}/cancel`)
  await service.taskIs(id, 'cancelled')
  await page.getByRole('heading', { level: 1 }).getByText('Cancelled').waitFor()
  await pass(page, stepMs)
  const before = (await timesOf(page, `/api/tasks/${id}`)).length
  await pass(page, 30_000)
  assert.equal((await timesOf(page, `/api/tasks/${id}`)).length, before)
  assert.equal((await timesOf(page, `/api/tasks/${id}/logs`)).filter((time) => time > 0).length > 0, true)
})

check('nobody is signed in: nothing is asked for', {}, async (window) => {
  const { page } = window
  await withClock(window, 'login')
  await pass(page, 130_000)
  assert.deepEqual(await timesOf(page, '/api/userTasks'), [])
})
