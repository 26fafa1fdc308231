// SPDX-License-Identifier: MIT
// The list of tasks: search, filters, pages, actions on one task and on many, changes that come by themselves.
import assert from 'node:assert/strict'
import { browserTests } from './support/browser.mjs'
import { choose, confirmWith, openRecent, rowOf, showTasks } from './support/pages.mjs'

const check = browserTests()

async function rowIds(page) {
  const links = await page.getByRole('table').getByRole('link', { name: /^View/ }).all()
  return Promise.all(links.map(async (link) => (await link.getAttribute('href')).split('/').pop()))
}

for (const role of ['admin', 'operator']) {
  check(`${role}: cancels a running task from the list, retries it, deletes it`, { as: role }, async (window) => {
    const { page, service } = window
    const { id } = await service.makeTask('sleep', service.people[role].username, { seconds: 600 })
    await service.taskIs(id, 'running')
    await showTasks(window, `?search=${id}`)
    const row = rowOf(page, id)
    await row.getByRole('button', { name: /^Cancel/ }).click()
    await page.getByRole('dialog').getByText('Its processes are asked to end, and are killed if they do not.').waitFor()
    await confirmWith(page, 'Keep')
    await row.getByText('Running').waitFor()
    await row.getByRole('button', { name: /^Cancel/ }).click()
    await confirmWith(page, 'Cancel task')
    await row.getByText('Cancelled').waitFor()
    await service.taskIs(id, 'cancelled')
    await row.getByRole('button', { name: /^Retry/ }).click()
    await row.getByText('Running').waitFor()
    await service.taskIs(id, 'running')
    await row.getByRole('button', { name: /^Delete/ }).click()
    await page.getByRole('dialog').getByText('It is running: it is cancelled first.').waitFor()
    await confirmWith(page, 'Delete task')
    await page.getByText('No task matches these filters.').waitFor()
  })

  check(`${role}: cancels, retries and deletes several at once, told how many first`, { as: role }, async (window) => {
    const { page, service } = window
    const { username } = service.people[role]
    const made = await Promise.all([1, 2, 3].map(() => service.makeTask('sleep', username, { seconds: 600 })))
    const done = await service.makeTask('noop', username)
    await service.taskIs(done.id, 'success')
    await Promise.all(made.map(({ id }) => service.taskIs(id, 'running')))
    await showTasks(window, '?time=lastHour')
    for (const { id } of [...made, done]) await rowOf(page, id).getByRole('checkbox').check()
    await page.getByText('4 tasks selected').first().waitFor()
    await page.getByRole('button', { name: 'Cancel 3' }).click()
    await page.getByRole('dialog').getByText('1 selected task is in a state that does not allow it and stays as it is.').waitFor()
    await confirmWith(page, 'Cancel 3')
    await page.getByText('Done with 3 tasks.').waitFor()
    for (const { id } of made) await service.taskIs(id, 'cancelled')
    for (const { id } of made) await rowOf(page, id).getByText('Cancelled').waitFor()
    for (const { id } of made) await rowOf(page, id).getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Retry 3' }).click()
    await confirmWith(page, 'Retry 3')
    for (const { id } of made) await service.taskIs(id, 'running', 'pending')
    await page.getByRole('group', { name: /selected/ }).waitFor({ state: 'detached' })
    for (const { id } of made) await rowOf(page, id).getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Delete 3' }).click()
    await page.getByRole('dialog').getByText('Delete 3 tasks?').last().waitFor()
    await confirmWith(page, 'Delete 3')
    for (const { id } of made) await rowOf(page, id).waitFor({ state: 'detached' })
    await rowOf(page, done.id).waitFor()
  })
}

check('every filter changes what is shown, lives in the address and survives a reload', { as: 'admin' }, async (window) => {
  const { page, service, open } = window
  const mine = await service.makeTask('fail', 'admin', { message: 'for the filters' })
  const other = await service.makeTask('noop', service.people.operator.username)
  await Promise.all([service.taskIs(mine.id, 'failed'), service.taskIs(other.id, 'success')])
  await showTasks(window, '?time=lastHour')
  await rowOf(page, other.id).waitFor()
  await choose(page, 'Status', 'Failed')
  await page.waitForURL(/status=failed/)
  await rowOf(page, mine.id).waitFor()
  await rowOf(page, other.id).waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await choose(page, 'Type', 'fail')
  await page.waitForURL(/type=fail/)
  await page.getByRole('combobox', { name: 'Creator' }).fill('admin')
  await page.locator('.ant-select-dropdown:visible').getByTitle('admin', { exact: true }).click()
  await page.waitForURL(/creator=admin/)
  await page.getByRole('textbox', { name: 'Search by type or id' }).fill(mine.id.slice(0, 8))
  await page.waitForURL(new RegExp(`search=${mine.id.slice(0, 8)}`))
  await page.reload()
  await rowOf(page, mine.id).waitFor()
  assert.deepEqual(await rowIds(page), [mine.id])
  await page.getByRole('textbox', { name: 'Search by type or id' }).fill('no-such-type')
  await page.getByText('No task matches these filters.').waitFor()
  await page.getByRole('button', { name: 'Reset filters' }).click()
  await page.waitForURL(`${service.url}tasks`)
  await rowOf(page, mine.id).waitFor()
  await open('tasks?time=custom&from=2020-01-01T00:00&to=2020-01-02T00:00')
  await page.getByText('No task matches these filters.').waitFor()
  await page.getByLabel('To', { exact: true }).fill('2099-01-02T00:00')
  await rowOf(page, mine.id).waitFor()
})

check('pages follow each other, and their size can be chosen', { as: 'operator' }, async (window) => {
  const { page, service } = window
  const { username } = service.people.operator
  const made = []
  for (let count = 0; count < 12; count += 1) made.push((await service.makeTask('noop', username)).id)
  await Promise.all(made.map((id) => service.taskIs(id, 'success')))
  const newest = [...made].reverse()
  await showTasks(window, '?type=noop&page_size=10')
  await rowOf(page, newest[0]).waitFor()
  const first = await rowIds(page)
  assert.equal(first.length, 10)
  assert.deepEqual(first, newest.slice(0, 10), 'newest first')
  const pager = page.getByRole('navigation', { name: 'Pages' })
  await pager.getByRole('button', { name: 'Page 2', exact: true }).click()
  await page.waitForURL(/current=2/)
  await rowOf(page, newest[11]).waitFor()
  await page.goBack()
  await rowOf(page, newest[0]).waitFor()
  await choose(page, 'Rows a page', '20 a page')
  await rowOf(page, newest[11]).waitFor()
})

check('what matches the filters is deleted in one go, also what other pages have', { as: 'operator' }, async (window) => {
  const { page, service } = window
  await service.makeType('e2e_many', '#!/bin/sh\nexit 0\n')
  const made = []
  for (let count = 0; count < 12; count += 1) made.push((await service.makeTask('e2e_many', service.people.operator.username)).id)
  await Promise.all(made.map((id) => service.taskIs(id, 'success')))
  await showTasks(window, '?type=e2e_many&page_size=10')
  await rowOf(page, made[11]).waitFor()
  await page.getByRole('checkbox', { name: 'Select all tasks of this page' }).check()
  await page.getByRole('button', { name: 'Select all 12 tasks that match' }).click()
  await page.getByText('All 12 matching tasks selected').first().waitFor()
  await page.getByRole('button', { name: 'Delete …' }).click()
  await page.getByRole('dialog').getByText('Delete 12 tasks?').last().waitFor()
  await confirmWith(page, 'Delete 12')
  await page.getByText('No task matches these filters.').waitFor()
  await assert.rejects(service.control('GET', `/api/tasks/${made[0]}`), { code: 'E4041' })
})

check('the list shows what happens without being asked', { as: 'operator' }, async (window) => {
  const { page, service } = window
  const { username } = service.people.operator
  await service.makeType('e2e_steps', '#!/bin/sh\nread -r line\necho \'{"progress":40,"text":"two of five"}\' >&3\nsleep 600\n')
  const { id } = await service.makeTask('e2e_steps', username, {})
  await showTasks(window, '?type=e2e_steps')
  const row = rowOf(page, id)
  await row.getByText('40%').first().waitFor()
  await row.getByText('two of five').waitFor()
  await service.control('POST', `/api/tasks/${id}/cancel`)
  await row.getByText('Cancelled').waitFor()
  await row.getByText('stopped at 40%').waitFor()
})

check('an export is in the header at once and can be downloaded there, in the list and on its page', { as: 'operator' }, async (window) => {
  const { page, open } = window
  await open('authorization/users?keywords=user00')
  await page.getByRole('button', { name: 'Export' }).click()
  const recent = page.getByRole('region', { name: 'Your recent tasks' })
  await recent.waitFor()
  const item = recent.getByRole('listitem').first()
  const fetched = async (link) => {
    const download = page.waitForEvent('download')
    await link.click()
    return (await download).suggestedFilename()
  }
  const named = { name: /^Download users_export/ }
  const file = await fetched(item.getByRole('link', named))
  assert.match(file, /^users_export_\d+_\d+\.csv$/)
  await recent.getByRole('link', { name: 'More' }).click()
  await recent.waitFor({ state: 'hidden' })
  await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor()
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: `Download ${file}` }) })
  assert.equal(await fetched(row.getByRole('link', named)), file)
  await row.getByRole('link', { name: /^View/ }).click()
  assert.equal(await fetched(page.getByRole('link', named)), file)
})

check('the header lists the ten newest of one\'s own tasks', { as: 'operator' }, async (window) => {
  const { page, service } = window
  const foreign = await service.makeTask('noop', 'admin')
  const own = await service.makeTask('sleep', service.people.operator.username, { seconds: 600 })
  await showTasks(window)
  const recent = await openRecent(page)
  await recent.locator(`a[href$="/tasks/${own.id}"]`).waitFor()
  assert.equal(await recent.locator(`a[href$="/tasks/${foreign.id}"]`).count(), 0)
  assert.ok((await recent.getByRole('listitem').count()) <= 10)
  await page.keyboard.press('Escape')
  await recent.waitFor({ state: 'hidden' })
})
