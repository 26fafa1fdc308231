// SPDX-License-Identifier: MIT
// In another language, and in another part of the world: everything that is read out is in that language; dates and hours are
// those of the person.
import assert from 'node:assert/strict'
import { browserTests } from './support/browser.mjs'

const check = browserTests()

/* Names for those who do not see the page, without a character of Chinese. */
function foreignNames() {
  const hidden = (element) => element.closest('[aria-hidden=true]') !== null
  const named = [...document.querySelectorAll('[aria-label]')].filter((element) => !hidden(element))
  return named.map((element) => element.getAttribute('aria-label')).filter((name) => name && !/[\u4e00-\u9fff]/.test(name))
}

check('in Chinese nothing is named in English', { as: 'admin', locale: 'zh-CN' }, async ({ page, open, service }) => {
  const { id } = await service.makeTask('sleep', 'admin', { seconds: 600 })
  await service.taskIs(id, 'running')
  const pages = ['', 'tasks?search=x', 'tasks?page_size=10', `tasks/${id}`, `tasks/${id}#processes`, 'authorization/users?keywords=a', 'system/settings', 'system/audit']
  for (const path of pages) {
    await open(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.locator('.ant-skeleton').first().waitFor({ state: 'detached' })
    assert.deepEqual(await page.evaluate(foreignNames), [], path)
  }
  await open(`tasks/${id}`)
  await page.getByRole('button', { name: '强制终止' }).click()
  await page.getByRole('dialog').waitFor()
  assert.deepEqual(await page.evaluate(foreignNames), [], 'a question')
})

check('a moment is written as where the person lives, by his clock and with its zone', { as: 'admin', timezoneId: 'Asia/Kolkata' }, async ({ page, open, service }) => {
  const { id } = await service.makeTask('noop', 'admin')
  const { created_at } = await service.taskIs(id, 'success')
  const written = (timeStyle) => new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle, timeZone: 'Asia/Kolkata' }).format(new Date(created_at))
  await open(`tasks/${id}`)
  const moment = page.getByRole('main').locator('time').first()
  await moment.waitFor()
  assert.ok((await moment.textContent()).startsWith(written('medium')), await moment.textContent())
  assert.match(await moment.getAttribute('title'), /GMT\+5:30|IST/)
})
