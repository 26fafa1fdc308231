// SPDX-License-Identifier: MIT
// Every page in both themes and at two widths: nothing that axe finds, nothing that scrolls sideways, no errors. Leaves pictures.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { violations } from './support/axe.mjs'
import { browserTests } from './support/browser.mjs'
import { openRecent, rowOf } from './support/pages.mjs'
import { out } from './support/paths.mjs'
import { Service } from './support/service.mjs'

const service = Service.shared()
const check = browserTests(service)
const tablet = { width: 768, height: 1024 }
const sizes = { wide: { width: 1280, height: 850 }, phone: { width: 360, height: 780 } }

before(async () => {
  await service.makeType('e2e_pages', '#!/bin/sh\nread -r line\necho working\necho \'{"progress":62,"text":"page 31 of 50"}\' >&3\nsleep 600\n')
})

async function prepare() {
  const done = await service.makeTask('user_export', 'admin', { status: 'active' })
  const failed = await service.makeTask('fail', 'admin', { message: 'The mail server did not answer.' })
  const running = await service.makeTask('e2e_pages', 'admin', {})
  await Promise.all([service.taskIs(done.id, 'success'), service.taskIs(failed.id, 'failed'), service.taskIs(running.id, 'running')])
  return {
    overview: '',
    tasks: 'tasks',
    'tasks-filtered': 'tasks?search=nothing-like-it&status=failed&time=custom',
    task: `tasks/${done.id}`,
    'task-running': `tasks/${running.id}`,
    'task-failed': `tasks/${failed.id}`,
    'task-processes': `tasks/${running.id}#processes`,
    'task-attempts': `tasks/${failed.id}#attempts`,
    'task-timeline': `tasks/${failed.id}#timeline`,
    'task-data': `tasks/${done.id}#data`,
    'task-gone': 'tasks/00000000-0000-4000-8000-000000000000',
    users: 'authorization/users',
    settings: 'system/settings',
    audit: 'system/audit',
    'not-found': 'no/such/page',
  }
}

/* Loaded, in its colours, and nothing moves any more except what moves for ever. */
async function settled(page, colorScheme) {
  await page.waitForLoadState('load')
  await page.locator('.ant-skeleton').first().waitFor({ state: 'detached' })
  await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, colorScheme)
  await page.evaluate(async () => {
    const frames = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    const moving = () => document.getAnimations().filter(({ effect, playState }) => playState === 'running' && effect.getComputedTiming().endTime !== Infinity)
    /* A change of colours begins a frame after what caused it. */
    for (await frames(); moving().length > 0; await frames()) await Promise.allSettled(moving().map(({ finished }) => finished))
  })
}

/* What is wider than its place: the page, or a part of it that would have to be scrolled to be seen. */
async function tooWide(page, place) {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  const found = await page.evaluate(() => {
    const scrolls = (element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX) && element.scrollWidth > element.clientWidth + 1
    const parts = [...document.body.querySelectorAll('*')].filter(scrolls).map((element) => `${element.tagName}.${element.className}`)
    const above = [...document.querySelectorAll('.ant-popover, .ant-dropdown, .ant-select-dropdown, [role=dialog]')].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect()
      return width > 0 && (left < 0 || right > window.innerWidth)
    })
    if (document.documentElement.scrollWidth > window.innerWidth) parts.push('the page')
    return [...parts, ...above.map((element) => `${element.tagName}.${element.className}`)]
  })
  return found.map((part) => `${place}: ${part} is partly out of sight`)
}

/* What is wrong with what is shown, in each theme at each width. */
async function look(page, name) {
  const problems = []
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize(viewport)
      await page.evaluate(() => window.scrollTo(0, 0)) // where another width has left it, the header may lie on a button
      await page.emulateMedia({ colorScheme })
      await settled(page, colorScheme)
      const place = `${name}-${colorScheme}-${size}`
      await page.screenshot({ path: `${out}${place}.png` })
      problems.push(...(await tooWide(page, place)))
      problems.push(...(await violations(page)).map((text) => `${place}: ${text}`))
    }
  }
  await page.setViewportSize(tablet)
  return [...problems, ...(await tooWide(page, `${name} on a tablet`))]
}

/* What opens above a page. */
const openings = {
  'menu-account': async (page) => {
    await page.getByRole('button', { name: /^Account of/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor()
  },
  'question-delete': async (page) => {
    await page.getByRole('button', { name: /^Delete/ }).first().click()
    await page.getByRole('dialog').waitFor()
  },
  'list-status': async (page) => {
    await page.getByRole('combobox', { name: 'Status' }).press('ArrowDown')
    await page.locator('.ant-select-dropdown:visible').waitFor()
  },
  selection: async (page) => {
    await page.getByRole('checkbox').nth(1).check()
    await page.getByRole('group', { name: /selected/ }).waitFor()
  },
  recent: openRecent,
}

check('all pages', { as: 'admin' }, async ({ page, open }) => {
  const problems = []
  for (const [name, path] of Object.entries(await prepare())) {
    await open(path)
    await page.getByRole('main').locator('h1, h2').first().waitFor()
    problems.push(...(await look(page, name)))
  }
  assert.deepEqual(problems, [])
})

check('what opens above a page', { as: 'admin' }, async ({ page, open }) => {
  const { id } = await service.makeTask('sleep', 'admin', { seconds: 600 })
  await service.taskIs(id, 'running')
  const problems = []
  for (const [name, action] of Object.entries(openings)) {
    await page.setViewportSize(sizes.wide)
    await open('tasks')
    await rowOf(page, id).waitFor()
    await action(page)
    problems.push(...(await look(page, name)))
  }
  assert.deepEqual(problems, [])
})

check('pages of those who may not, or not yet', { as: 'nobody' }, async ({ page, open, context }) => {
  await open('tasks')
  await page.getByText('No permission').waitFor()
  const problems = await look(page, 'forbidden')
  await context.clearCookies()
  await open('login')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Enter your password.').waitFor()
  problems.push(...(await look(page, 'login')))
  assert.deepEqual(problems, [])
})
