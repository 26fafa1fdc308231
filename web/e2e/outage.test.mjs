// SPDX-License-Identifier: MIT
// A service of its own below a prefix, which is killed and started again, and whose database stops answering.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { browserTests } from './support/browser.mjs'
import { Instance } from './support/instance.mjs'
import { confirmWith, openRecent, rowOf, showTasks, signInByForm } from './support/pages.mjs'
import { until } from './support/until.mjs'

/* Probes every three seconds, and what the service itself needs to notice. */
const noticed = { timeout: 60_000 }

const instance = await Instance.create({ basePath: '/jobs/' })
const { service } = instance
before(async () => {
  await instance.start()
  await service.makePeople()
})
const check = browserTests(service)
after(() => instance.stop())

const unreachable = (page) => page.getByRole('status').getByText('The service does not answer.')
const unavailable = (page) => page.getByRole('status').getByText('cannot reach its database')

check('below a prefix everything works: sign-in, pages, reload, export, download, events', {}, async ({ page, open }) => {
  const foreign = []
  page.on('request', (request) => request.url().startsWith(service.url) || request.url().startsWith('data:') || foreign.push(request.url()))
  await open('authorization/users?keywords=user00')
  await page.waitForURL(`${service.url}login?redirect=${encodeURIComponent('/authorization/users?keywords=user00')}`)
  await signInByForm(page, service.people.operator)
  await page.waitForURL(`${service.url}authorization/users?keywords=user00`)
  await page.getByRole('button', { name: 'Export' }).click()
  const recent = page.getByRole('region', { name: 'Your recent tasks' })
  const download = page.waitForEvent('download')
  await recent.getByRole('link', { name: /^Download/ }).first().click()
  assert.match((await download).url(), /\/jobs\/api\/files\//)
  await recent.getByRole('link', { name: 'User export' }).first().click()
  await page.waitForURL(/\/jobs\/tasks\/[0-9a-f-]{36}$/)
  await page.reload()
  await page.getByRole('tab', { name: 'Timeline' }).click()
  await page.getByRole('tabpanel').getByText('Created').waitFor()
  await page.getByRole('link', { name: 'Taskyard' }).click()
  await page.waitForURL(`${service.url}tasks`)
  await page.getByRole('table').waitFor()
  assert.deepEqual(foreign, [], 'every request stays below the prefix')
})

/* Stops the database in the middle of whatever it does, and lets it go on afterwards. */
async function withoutDatabase(body) {
  const database = instance.pid('mariadbd')
  process.kill(database, 'SIGSTOP')
  try {
    await body()
  } finally {
    process.kill(database, 'SIGCONT')
  }
  await until('the service is ready', noticed.timeout, async () => (await fetch(`${service.url}readyz`)).ok)
}

check('the database stops answering: the page says so, keeps what it shows, takes back what is refused, and goes on', { as: 'operator' }, async (window) => {
  const { page, context } = window
  const { id } = await service.makeTask('fail', service.people.operator.username)
  await service.taskIs(id, 'failed')
  await showTasks(window, `?search=${id}`)
  await rowOf(page, id).waitFor()
  const other = await context.newPage()
  await withoutDatabase(async () => {
    await page.getByRole('button', { name: 'Refresh' }).click()
    await unavailable(page).waitFor(noticed)
    await rowOf(page, id).getByRole('button', { name: /^Retry/ }).click()
    await page.getByText(/^Retry did not work: The database /).waitFor(noticed)
    await rowOf(page, id).getByText('Failed', { exact: true }).waitFor() // not "fail" and an id that begins with "ed"
    await other.goto(`${service.url}tasks?search=${id}`)
    await unavailable(other).or(other.getByText('This could not be loaded')).first().waitFor(noticed)
  })
  await unavailable(page).waitFor({ state: 'detached', ...noticed })
  await rowOf(other, id).waitFor(noticed)
  await rowOf(page, id).getByRole('button', { name: /^Delete/ }).click()
  await confirmWith(page, 'Delete task')
  await page.getByText('No task matches these filters.').waitFor(noticed)
})

check('without its database nobody signs in, and is told why', {}, async ({ page, open }) => {
  await open('login')
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  await withoutDatabase(async () => {
    await signInByForm(page, service.people.viewer)
    await page.getByRole('alert').first().getByText('the database is not available').waitFor(noticed)
  })
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor(noticed)
})

check('the service is killed and started again: the page waits, and whoever was signed in still is', { as: 'operator' }, async (window) => {
  const { page } = window
  const { id } = await service.makeTask('sleep', service.people.operator.username, { seconds: 600 })
  await service.taskIs(id, 'running')
  await showTasks(window)
  const recent = await openRecent(page)
  await rowOf(page, id).waitFor()
  process.kill(instance.pid('taskyard-supervisor'), 'SIGKILL')
  await unreachable(page).waitFor(noticed)
  await rowOf(page, id).waitFor()
  await instance.ended()
  await instance.start()
  await unreachable(page).waitFor({ state: 'detached', ...noticed })
  const next = await service.makeTask('noop', service.people.operator.username)
  await rowOf(page, next.id).waitFor(noticed)
  await recent.locator(`a[href$="/tasks/${next.id}"]`).waitFor(noticed)
  await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor()
})
