// SPDX-License-Identifier: MIT
// The main path without a mouse, from the sign-in to the sign-out.
import assert from 'node:assert/strict'
import { browserTests } from './support/browser.mjs'
import { rowOf, showTasks } from './support/pages.mjs'
import { until } from './support/until.mjs'

const check = browserTests()

/* Presses a key until the focus is there; whatever has it on the way must be seen. */
async function tabTo(page, target, key = 'Tab') {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press(key)
    // What is opening grows for a moment.
    await page.waitForFunction(() => {
      const { width, height } = document.activeElement.getBoundingClientRect()
      return width > 0 && height > 0
    }, undefined, { timeout: 2000 }).catch(() => assert.fail('the focus is on something that cannot be seen'))
  }
  assert.fail(`the focus does not get to ${target}`)
}

check('sign in, find a task, cancel it, read about it, export, sign out', {}, async ({ page, open, service }) => {
  const { username, password } = service.people.operator
  const { id } = await service.makeTask('sleep', username, { seconds: 600 })
  await service.taskIs(id, 'running')
  const { keyboard } = page
  const press = async (target) => {
    await tabTo(page, target)
    await keyboard.press('Enter')
  }

  await open('tasks')
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  await keyboard.type(username)
  await keyboard.press('Tab')
  await keyboard.type(password)
  await keyboard.press('Enter')

  const heading = page.getByRole('heading', { name: 'Tasks', level: 1 })
  await heading.waitFor()
  await page.waitForFunction((element) => element === document.activeElement, await heading.elementHandle())
  await rowOf(page, id).waitFor()
  await keyboard.press('/')
  await keyboard.type(id.slice(0, 8))
  await page.waitForURL(/search=/)
  const row = rowOf(page, id)
  await press(row.getByRole('button', { name: /^Cancel/ }))
  const yes = page.getByRole('dialog').getByRole('button', { name: 'Cancel task' })
  await yes.waitFor()
  await press(yes)
  await row.getByText('Cancelled').waitFor()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })

  await press(row.getByRole('link', { name: /^View/ }))
  await page.waitForURL(`${service.url}tasks/${id}`)
  const log = page.getByRole('tab', { name: 'Log' })
  await log.waitFor()
  await tabTo(page, log)
  await keyboard.press('ArrowRight')
  await page.getByRole('tab', { name: 'Attempts', selected: true }).waitFor()
  await keyboard.press('End')
  await page.getByRole('region', { name: 'Payload' }).waitFor()
  await keyboard.press('Tab')

  await open('authorization/users?keywords=e2e-')
  const skip = page.getByRole('link', { name: 'Skip to the content' })
  await skip.waitFor({ state: 'attached' })
  await page.getByRole('table').waitFor()
  await page.evaluate(() => document.activeElement.blur())
  await press(skip)
  assert.equal(await page.evaluate(() => document.activeElement.id), 'content')
  await press(page.getByRole('button', { name: 'Export' }))
  const recent = page.getByRole('region', { name: 'Your recent tasks' })
  await recent.waitFor()
  const button = page.getByRole('banner').getByRole('button', { name: /^Tasks/ })
  await tabTo(page, button, 'Shift+Tab')
  await keyboard.press('Escape')
  await recent.waitFor({ state: 'hidden' })

  await press(page.getByRole('button', { name: `Account of ${username}` }))
  await page.getByRole('menuitem', { name: 'Sign out' }).waitFor()
  await tabTo(page, page.getByRole('menuitem', { name: 'Sign out' }), 'ArrowDown')
  await keyboard.press('Enter')
  await page.waitForURL(/login/)
})

check('what is deleted, retried or turned leaves the focus near where it was', { as: 'operator' }, async (window) => {
  const { page, service } = window
  const { username } = service.people.operator
  await service.makeType('e2e_focus', '#!/bin/sh\nexit 1\n')
  const made = []
  for (let count = 0; count < 4; count += 1) made.push((await service.makeTask('e2e_focus', username)).id)
  await Promise.all(made.map((id) => service.taskIs(id, 'failed')))
  const [fourth, third, second] = made
  const focusIsOn = (control) => control.evaluate((element) => element === document.activeElement).then((there) => there || control.waitFor().then(() => false))
  const reached = (control) => until('the focus is there', 10_000, () => focusIsOn(control))
  const removal = (id) => rowOf(page, id).getByRole('button', { name: /^Delete/ })

  await showTasks(window, '?type=e2e_focus')
  await removal(second).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete task' }).press('Enter')
  await rowOf(page, second).waitFor({ state: 'detached' })
  await reached(removal(third))
  await rowOf(page, fourth).getByRole('checkbox').check()
  await page.getByRole('group', { name: /selected/ }).getByRole('button', { name: /^Delete/ }).press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: /^Delete/ }).press('Enter')
  await rowOf(page, fourth).waitFor({ state: 'detached' })
  await reached(page.getByRole('heading', { name: 'Tasks', level: 1 }))
})
