// SPDX-License-Identifier: MIT
// Overview, users, settings and audit, as those see them who may.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { browserTests } from './support/browser.mjs'
import { choose } from './support/pages.mjs'
import { top } from './support/paths.mjs'

const check = browserTests()

check('the overview tells what runs, waits and failed, and leads there', { as: 'admin' }, async ({ page, open, service }) => {
  const running = await service.makeTask('sleep', 'admin', { seconds: 600 })
  const failed = await service.makeTask('fail', 'admin', { message: 'for the overview' })
  await Promise.all([service.taskIs(running.id, 'running'), service.taskIs(failed.id, 'failed')])
  await open()
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
  await page.locator(`a[href$="/tasks/${running.id}"]`).waitFor()
  await page.locator(`a[href$="/tasks/${failed.id}"]`).waitFor()
  await page.getByText('for the overview').first().waitFor()
  await page.getByRole('img', { name: /In the last 24 hours \d+ tasks succeeded, [1-9]\d* failed/ }).waitFor()
  await page.getByRole('heading', { name: 'Service' }).waitFor()
  for (const [tile, address] of [['Running now', /status=running/], ['Waiting', /status=pending/], ['Failures', /status=failed&time=lastDay/]]) {
    await page.getByRole('link', { name: tile, exact: true }).click()
    await page.waitForURL(address)
    await page.getByRole('link', { name: 'Overview' }).click()
  }
})

check('users are found by what they are called and by status, page by page', { as: 'admin' }, async ({ page, open, service }) => {
  await open('authorization/users')
  const table = page.getByRole('table', { name: 'Users, newest first' })
  await table.waitFor()
  await page.getByRole('textbox', { name: /^Search by name/ }).fill('e2e-view')
  await page.waitForURL(/keywords=e2e-view/)
  await table.getByRole('cell', { name: service.people.viewer.username, exact: true }).waitFor()
  await table.getByRole('row').nth(2).waitFor({ state: 'detached' })
  await choose(page, 'Status', 'Disabled')
  await page.getByText('No user matches these filters.').waitFor()
  await page.getByRole('textbox', { name: /^Search by name/ }).fill('')
  await page.waitForURL((url) => url.search === '?status=disabled')
  await table.getByText('Disabled').first().waitFor()
  await table.getByText('Active', { exact: true }).first().waitFor({ state: 'detached' })
  await open('authorization/users?page_size=10')
  await table.waitFor()
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name: 'Page 2', exact: true }).click()
  await page.waitForURL(/current=2/)
})

check('a new limit is saved, shown again and used; a wrong one is explained', { as: 'admin' }, async ({ page, open, service }) => {
  await open('system/settings')
  const field = page.getByLabel('Max concurrent tasks')
  await field.waitFor()
  const usual = await field.inputValue()
  const save = async (value, answer) => {
    await field.fill(value)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText(answer).waitFor()
  }
  for (const wrong of ['0', '10001', '-1', '1.5', '']) await save(wrong, 'Enter a whole number from 1 to 10000.')
  await page.getByRole('button', { name: 'Undo changes' }).click()
  assert.equal(await field.inputValue(), usual)
  await save('17', 'Settings saved.')
  assert.equal((await service.control('GET', '/api/status')).max_concurrent, 17)
  await page.reload()
  await page.waitForFunction((input) => input.value === '17', await field.elementHandle())
  await save(usual, 'Settings saved.')
  await page.getByText('Settings saved.').last().waitFor({ state: 'detached' })
  const days = page.getByLabel('Days to keep task logs')
  const before = await days.inputValue()
  for (const value of ['45', before]) {
    await days.fill(value)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.waitForFunction((button) => button.disabled, await page.getByRole('button', { name: 'Save' }).elementHandle())
    await page.reload()
    await page.waitForFunction(([input, text]) => input.value === text, [await days.elementHandle(), value])
  }
})

check('the audit trail is filtered by what, who and which task', { as: 'admin' }, async ({ page, open, service }) => {
  const { id } = await service.makeTask('noop', 'admin')
  await service.makePerson('e2e-audited', 'viewer')
  await open('system/audit')
  const table = page.getByRole('table', { name: 'Audit events, newest first' })
  await table.getByText('User added').first().waitFor()
  await choose(page, 'What', 'Signed in')
  await page.waitForURL(/kind=signed_in/)
  await table.getByText('User added').first().waitFor({ state: 'detached' })
  await table.getByText('Signed in', { exact: true }).first().waitFor()
  await page.locator('.ant-select-clear').first().dispatchEvent('mousedown')
  await page.waitForURL(`${service.url}system/audit`)
  await page.getByRole('textbox', { name: 'Id of the task' }).fill(id)
  await page.waitForURL(new RegExp(`task_id=${id}`))
  await table.getByRole('link', { name: id.slice(0, 8) }).first().click()
  await page.waitForURL(`${service.url}tasks/${id}`)
})

/* What has happened here so far, and what the manual says is written down. */
function knownKinds(service) {
  const told = readFileSync(join(top, 'docs/users.md'), 'utf8').split('## What is written down')[1].match(/`[a-z]+_[a-z_]+`/g)
  const seen = service.sql('SELECT DISTINCT kind FROM task_event').split('\n')
  return [...new Set([...told.map((code) => code.slice(1, -1)), ...seen])].filter((kind) => /^[a-z_]+$/.test(kind))
}

check('every event that there is can be chosen in the audit trail', { as: 'admin' }, async ({ page, open, service }) => {
  await open('system/audit')
  const list = page.getByRole('combobox', { name: 'What' })
  const kinds = knownKinds(service)
  assert.ok(kinds.length > 14, kinds.join())
  for (const kind of kinds) {
    await list.fill(kind)
    await page.locator('.ant-select-dropdown:visible').getByRole('option').or(page.locator('.ant-select-item-option')).first().waitFor()
  }
})

check('on a phone nothing about a user or an event is out of sight', { as: 'admin', viewport: { width: 360, height: 780 } }, async ({ page, open, service }) => {
  await open('authorization/users?keywords=user0999')
  const card = page.getByRole('list', { name: 'Users, newest first' }).getByRole('listitem')
  for (const text of ['user0999@example.com', 'Jan Jones', 'Roles', 'Last sign-in']) await card.getByText(text).first().waitFor()
  await card.getByRole('button', { name: 'Require a new password of user0999' }).waitFor()
  const { id } = await service.makeTask('noop', 'admin')
  await open(`system/audit?task_id=${id}`)
  const events = page.getByRole('list', { name: 'Audit events, newest first' })
  await events.getByText('Created', { exact: true }).waitFor()
  await events.getByRole('link', { name: id.slice(0, 8) }).first().waitFor()
})
