// SPDX-License-Identifier: MIT
// One action on very many tasks: what is seen meanwhile, without the service, and when the page is left.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { browserTests } from './support/browser.mjs'
import { confirmWith, showTasks } from './support/pages.mjs'

const check = browserTests()

/* Tasks of a type of this test, which have ended. */
function insertEnded(service, type, count) {
  const rows = Array.from({ length: count }, () => {
    const creator = `(SELECT uuid FROM user WHERE username = '${service.people.operator.username}')`
    return `('${randomUUID()}', '${type}', 'success', ${creator}, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`
  })
  service.sql(`INSERT INTO task (uuid, type, status, creator_id, created_at, updated_at, due_at, finished_at) VALUES ${rows.join(', ')}`)
}

async function deleteAll(window, type, count) {
  const { page, service } = window
  insertEnded(service, type, count)
  await showTasks(window, `?type=${type}&page_size=10`)
  await page.getByRole('checkbox', { name: 'Select all tasks of this page' }).check()
  await page.getByRole('button', { name: `Select all ${count} tasks that match` }).click()
  await page.getByRole('button', { name: 'Delete …' }).click()
  await page.getByRole('dialog').getByText('They disappear from all lists.').waitFor()
  await confirmWith(page, `Delete ${count}`)
}

/* Answers that are kept back from the one with this number on, until they are released. */
async function holdBack(page, from) {
  const held = []
  let count = 0
  let released = false
  await page.route('**/api/tasks/*', (route) => {
    if (route.request().method() !== 'DELETE' || released || ++count < from) return route.continue()
    held.push(route)
    return undefined
  })
  return () => {
    released = true
    return Promise.all(held.map((route) => route.continue()))
  }
}

check('meanwhile the list has rows, how far it is stands there, and the window warns', { as: 'operator' }, async (window) => {
  const { page } = window
  const release = await holdBack(page, 31)
  await deleteAll(window, 'e2e_bulk_rows', 60)
  await page.getByText('30 of 60 …').waitFor()
  await page.getByRole('progressbar', { name: 'Work on the selected tasks' }).waitFor()
  await page.getByRole('status').getByText('50% of 60').waitFor()
  await page.getByText('1–10 of 30').waitFor() // loaded anew
  assert.equal(await page.getByRole('table').getByRole('link', { name: /^View/ }).count(), 10)
  const warns = () => page.evaluate(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })))
  assert.equal(await warns(), true)
  await release()
  await page.getByText('Done with 60 tasks.').waitFor()
  await page.getByText('No task matches these filters.').waitFor()
  assert.equal(await warns(), false)
})

check('what the filter leaves nothing to do for is not offered', { as: 'operator' }, async (window) => {
  const { page, service } = window
  insertEnded(service, 'e2e_bulk_offer', 12)
  await showTasks(window, '?type=e2e_bulk_offer&status=success&page_size=10')
  await page.getByRole('checkbox', { name: 'Select all tasks of this page' }).check()
  await page.getByRole('button', { name: 'Select all 12 tasks that match' }).click()
  for (const [name, disabled] of [['Cancel …', true], ['Retry …', true], ['Delete …', false]]) {
    assert.equal(await page.getByRole('button', { name }).isDisabled(), disabled, name)
  }
})

check('whoever leaves while they are being found is told that nothing was done', { as: 'operator' }, async (window) => {
  const { page } = window
  await page.route(/page_size=100/, () => undefined) // never answered
  await deleteAll(window, 'e2e_bulk_left', 12)
  await page.getByRole('link', { name: 'Users' }).click()
  await page.getByText('Stopped after 0 tasks.').waitFor()
})

check('without the service the bar of actions stays above what tells so', { as: 'operator', viewport: { width: 360, height: 780 } }, async (window) => {
  const { page, service } = window
  insertEnded(service, 'e2e_bulk_away', 12)
  await showTasks(window, '?type=e2e_bulk_away')
  await page.getByRole('checkbox').first().check()
  const bar = page.getByRole('group', { name: /selected/ })
  await bar.waitFor()
  await page.route(/\/(api|readyz)/, (route) => route.abort())
  await page.getByRole('button', { name: 'Refresh' }).click()
  const banner = page.getByRole('status').filter({ hasText: 'The service does not answer.' })
  await banner.waitFor()
  await page.waitForFunction(
    ([above, below]) => above.getBoundingClientRect().bottom <= below.getBoundingClientRect().top + 1,
    [await bar.elementHandle(), await banner.elementHandle()],
  )
})
