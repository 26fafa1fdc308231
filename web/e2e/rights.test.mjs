// SPDX-License-Identifier: MIT
// What each role is offered, what it is told at addresses that it may not see, and what the service says to what it does all the
// same.
import assert from 'node:assert/strict'
import { browserTests } from './support/browser.mjs'
import { confirmWith, rowOf, showTasks } from './support/pages.mjs'
import { until } from './support/until.mjs'

const check = browserTests()

const everyPage = {
  '': 'Overview',
  tasks: 'Tasks',
  'authorization/users': 'Users',
  'system/settings': 'System settings',
  'system/audit': 'Audit',
}
/* In the header there is less room. */
const shorter = { 'system/settings': 'Settings' }
const allowed = {
  admin: ['', 'tasks', 'authorization/users', 'system/settings', 'system/audit'],
  operator: ['tasks', 'authorization/users'],
  viewer: ['tasks', 'authorization/users'],
  nobody: [],
}
const mayChange = { admin: true, operator: true, viewer: false }

for (const [role, pages] of Object.entries(allowed)) {
  check(`${role}: is offered exactly the pages that the role includes, and told why the others are closed`, { as: role }, async (window) => {
    const { page, open, service } = window
    await open('no/such/page')
    await page.getByText('There is no such page.').waitFor()
    await page.getByRole('heading', { name: 'Page not found', level: 1 }).waitFor()
    assert.match(await page.title(), /^Page not found/)
    const links = await page.getByRole('navigation', { name: 'Main' }).getByRole('link').allTextContents()
    assert.deepEqual(links, pages.map((path) => shorter[path] ?? everyPage[path]))
    for (const [path, title] of Object.entries(everyPage)) {
      if (path === '' && !pages.includes('')) continue // leads to the tasks
      await open(path)
      const there = page.getByRole('heading', { name: title, level: 1 })
      const closed = page.getByText('Your role does not include this page.')
      await there.or(closed).waitFor()
      assert.equal(await there.count(), pages.includes(path) ? 1 : 0, path)
    }
    const { id } = await service.makeTask('noop', service.people[role].username)
    await open(`tasks/${id}`)
    const text = pages.includes('tasks') ? 'Payload and result' : 'Your role does not include this page.'
    await page.getByText(text).first().waitFor()
  })
}

for (const [role, may] of Object.entries(mayChange)) {
  check(`${role}: is ${may ? '' : 'not '}offered to cancel, retry and delete`, { as: role }, async (window) => {
    const { page, open, service } = window
    const { username } = service.people[role]
    const running = await service.makeTask('sleep', username, { seconds: 600 })
    const failed = await service.makeTask('fail', username)
    await Promise.all([service.taskIs(running.id, 'running'), service.taskIs(failed.id, 'failed')])
    await showTasks(window, '?time=lastHour')
    await rowOf(page, failed.id).waitFor()
    const count = may ? 1 : 0
    assert.equal(await rowOf(page, running.id).getByRole('button', { name: /^Cancel/ }).count(), count)
    assert.equal(await rowOf(page, failed.id).getByRole('button', { name: /^Retry/ }).count(), count)
    assert.equal(await rowOf(page, failed.id).getByRole('button', { name: /^Delete/ }).count(), count)
    assert.equal(await rowOf(page, failed.id).getByRole('checkbox').count(), count)
    const ofAdmins = role === 'admin' ? 1 : 0
    assert.equal(await page.getByRole('columnheader', { name: 'Creator' }).count(), ofAdmins)
    assert.equal(await page.getByRole('combobox', { name: 'Creator' }).count(), ofAdmins)
    await open(`tasks/${failed.id}`)
    await page.getByRole('tab', { name: 'Timeline' }).waitFor()
    for (const name of ['Retry', 'Delete']) assert.equal(await page.getByRole('button', { name }).count(), count, name)
    await open(`tasks/${running.id}`)
    await page.getByRole('tab', { name: 'Timeline' }).waitFor()
    for (const name of ['Cancel', 'Pause']) assert.equal(await page.getByRole('button', { name }).count(), count, name)
    assert.equal(await page.getByRole('button', { name: 'Kill' }).count(), ofAdmins)
  })
}

/* What the pages of others would send, from a page of this one. */
async function ask(page, method, path, body) {
  return page.evaluate(
    async ([verb, address, text]) => {
      const headers = { 'Content-Type': 'application/json' }
      const answer = await fetch(new URL(address, document.baseURI), { method: verb, headers, body: text })
      return { status: answer.status, ...(await answer.json()) }
    },
    [method, path, body && JSON.stringify(body)],
  )
}

const actions = [
  ['POST', (id) => `api/tasks/${id}/cancel`],
  ['POST', (id) => `api/tasks/${id}/retry`],
  ['POST', (id) => `api/tasks/${id}/pause`],
  ['POST', (id) => `api/tasks/${id}/resume`],
  ['POST', (id) => `api/tasks/${id}/kill`],
  ['DELETE', (id) => `api/tasks/${id}`],
]

check('what is not offered is refused by the service too, with a sentence', { as: 'viewer' }, async (window) => {
  const { page, service } = window
  const own = await service.makeTask('sleep', service.people.viewer.username, { seconds: 600 })
  await showTasks(window)
  const calls = [
    ...actions.map(([method, path]) => [method, path(own.id)]),
    ['GET', 'api/system/task-settings'],
    ['PUT', 'api/system/task-settings', { task_max_concurrent: 1 }],
    ['GET', 'api/system/audit-events'],
    ['POST', 'api/authorization/users', { username: 'e2e-intruder', password: 'a-password-of-tests' }],
  ]
  for (const [method, path, body] of calls) {
    const { status, code, err } = await ask(page, method, path, body)
    assert.deepEqual([status, code, err], [403, 'E4031', 'No permission to perform this operation'], `${method} ${path}`)
  }
  const foreign = await service.makeTask('noop', 'admin')
  assert.equal((await ask(page, 'GET', `api/tasks/${foreign.id}`)).status, 404)
  await service.taskIs(own.id, 'running')
})

check('a right that was taken away while the page was open: the refusal is shown and nothing has changed', {}, async (window) => {
  const { page, open, context, service } = window
  const role = 'e2e-keeper'
  const permissions = ['task:list', 'task:view', 'task:cancel', 'task:retry', 'task:delete', 'authorization:user:list', 'authorization:user:export']
  await service.control('POST', '/api/authorization/roles', { name: role, permissions }).catch((error) => {
    if (error.code !== 'E4091') throw error
  })
  const person = await service.makePerson('e2e-keeper', role)
  await context.request.post(`${service.url}api/authorization/auth/login`, { data: person })
  const { id } = await service.makeTask('sleep', person.username, { seconds: 600 })
  await service.taskIs(id, 'running')
  await showTasks(window, `?search=${id}`)
  await rowOf(page, id).waitFor()
  service.sql(`DELETE FROM role_permission WHERE role_id = (SELECT id FROM role WHERE name = '${role}')
    AND permission IN ('task:cancel', 'authorization:user:export')`)
  /* The service looks at its database again after five seconds. */
  await until('the service knows', 20_000, async () => (await ask(page, 'POST', 'api/authorization/users/export', {})).status === 403)
  await rowOf(page, id).getByRole('button', { name: /^Cancel/ }).click()
  await confirmWith(page, 'Cancel task')
  await page.getByText('Cancel did not work: No permission to perform this operation').waitFor()
  await rowOf(page, id).getByText('Running').waitFor()
  await page.getByRole('link', { name: 'Users' }).click()
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByText('The export could not be started: No permission to perform this operation').waitFor()
  await open('tasks')
})
