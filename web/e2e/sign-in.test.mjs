// SPDX-License-Identifier: MIT
// Signing in and out, sessions that end elsewhere, passwords.
import assert from 'node:assert/strict'
import { browserTests } from './support/browser.mjs'
import { showTasks, signInByForm } from './support/pages.mjs'

const check = browserTests()

const header = (page) => page.getByRole('navigation', { name: 'Main' })

async function openAccountMenu(page, { username }) {
  await page.getByRole('button', { name: `Account of ${username}` }).click()
}

function endSessions(service, { username }) {
  service.sql(`DELETE session FROM session JOIN user ON user.id = session.user_id WHERE user.username = '${username}'`)
}

check('whoever is not signed in does so first and is then where he wanted to be', {}, async ({ page, open, service }) => {
  await open('tasks?status=failed&page_size=50')
  await page.waitForURL(`${service.url}login?redirect=${encodeURIComponent('/tasks?status=failed&page_size=50')}`)
  await signInByForm(page, service.people.viewer)
  await page.waitForURL(`${service.url}tasks?status=failed&page_size=50`)
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie)
  assert.doesNotMatch(kept, /session|token/i, 'nothing is in reach of scripts')
})

check('an administrator begins at the overview, others at the tasks', {}, async ({ page, open, service }) => {
  await open('login')
  await signInByForm(page, service.people.admin)
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
  await openAccountMenu(page, service.people.admin)
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL(/login/)
  await open('login')
  await signInByForm(page, service.people.viewer)
  await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor()
})

check('what is wrong with a sign-in is said in words', {}, async ({ page, open, service }) => {
  await open('login')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Enter your user name or e-mail address.').waitFor()
  await page.getByText('Enter your password.').waitFor()
  const person = await service.makePerson('e2e-forgetful', 'viewer')
  await signInByForm(page, { ...person, password: 'something else' })
  await page.getByRole('alert').getByText('Invalid username or password').waitFor()
  await service.control('PUT', `/api/authorization/users/${person.username}`, { status: 'disabled' })
  await signInByForm(page, person)
  await page.getByRole('alert').getByText('Account is disabled').waitFor()
})

check('a link that leads elsewhere after the sign-in does not', {}, async ({ page, open, service }) => {
  for (const elsewhere of ['//example.org/', 'https://example.org/', '/\\example.org', 'javascript:alert(1)']) {
    await page.context().clearCookies()
    await open(`login?redirect=${encodeURIComponent(elsewhere)}`)
    await signInByForm(page, service.people.viewer)
    await page.waitForURL(`${service.url}tasks`)
  }
})

check('a session that was ended elsewhere leads to the sign-in by itself, and back', {}, async ({ page, open, service }) => {
  const person = await service.makePerson('e2e-ended', 'operator')
  const { id } = await service.makeTask('sleep', person.username, { seconds: 600 })
  await open(`tasks/${id}#attempts`)
  await signInByForm(page, person)
  await page.getByRole('tab', { name: 'Attempts', selected: true }).waitFor()
  endSessions(service, person)
  await page.waitForURL(`${service.url}login?redirect=${encodeURIComponent(`/tasks/${id}#attempts`)}`)
  await page.getByRole('status').getByText('Your session has ended.').waitFor()
  await signInByForm(page, person)
  await page.getByRole('tab', { name: 'Attempts', selected: true }).waitFor()
  await page.waitForURL(`${service.url}tasks/${id}#attempts`)
})

check('whoever cannot be signed out is told so', { as: 'viewer' }, async ({ page, open, service }) => {
  await open('tasks')
  await page.route('**/auth/logout', (route) => route.abort())
  await openAccountMenu(page, service.people.viewer)
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByText('You are still signed in: The service does not answer.').waitFor()
  await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor()
})

check('signing out ends the session, also for the page before', {}, async ({ page, open, service, context }) => {
  const person = await service.makePerson('e2e-leaving', 'viewer')
  await open('tasks')
  await signInByForm(page, person)
  await header(page).waitFor()
  const cookies = await context.cookies()
  assert.ok(cookies.every(({ httpOnly, sameSite }) => httpOnly && sameSite === 'Lax'))
  const done = page.waitForResponse(/auth\/logout/)
  await openAccountMenu(page, person)
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  assert.equal((await done).status(), 200)
  await page.waitForURL(/login/)
  await context.addCookies(cookies)
  await open('tasks')
  await page.waitForURL(/login\?redirect=/)
})

check('a user changes his password', {}, async ({ page, open, service, context }) => {
  const person = await service.makePerson('e2e-careful', 'viewer')
  await open('tasks')
  await signInByForm(page, person)
  await openAccountMenu(page, person)
  await page.getByRole('menuitem', { name: 'Change password' }).click()
  const form = page.getByRole('dialog', { name: 'Change password' })
  const fill = async (old, fresh, again) => {
    await form.getByLabel('Current password').fill(old)
    await form.getByLabel('New password', { exact: true }).fill(fresh)
    await form.getByLabel('New password, again').fill(again)
    await form.getByRole('button', { name: 'Change password' }).click()
  }
  await fill(person.password, 'short', 'another')
  await form.getByText('Use at least 8 characters.').waitFor()
  await form.getByText('The two new passwords differ.').waitFor()
  await fill('not the old one', 'a new password', 'a new password')
  await form.getByRole('alert').first().getByText(/password/i).waitFor()
  await fill(person.password, 'a new password', 'a new password')
  await page.getByText('Password changed.').waitFor()
  await form.waitFor({ state: 'hidden' })
  await context.clearCookies()
  await open('tasks')
  await signInByForm(page, { ...person, password: 'a new password' })
  await header(page).waitFor()
})

check('an administrator has a user choose a new password', { as: 'admin' }, async ({ page, open, service, context }) => {
  const person = await service.makePerson('e2e-stale', 'viewer')
  await open(`authorization/users?keywords=${person.username}`)
  const row = page.getByRole('row').filter({ hasText: person.username })
  await row.getByRole('button', { name: `Require a new password of ${person.username}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Require new password' }).click()
  await row.getByText('Password expired').waitFor()
  await context.clearCookies()
  await open('tasks')
  await signInByForm(page, person)
  await page.getByText('Your password has expired. Choose a new one to go on.').waitFor()
  const choose = async (password) => {
    await page.getByLabel('Current password').fill(person.password)
    await page.getByLabel('New password', { exact: true }).fill(password)
    await page.getByLabel('New password, again').fill(password)
    await page.getByRole('button', { name: 'Change password' }).click()
  }
  await choose(person.password)
  await page.getByText('The new password must differ from the current one').waitFor()
  await choose('quite another one')
  await page.waitForURL(/login/)
  await signInByForm(page, { ...person, password: 'quite another one' })
  await header(page).waitFor()
})

check('what is wrong with a sign-in is said in the language of the page', { locale: 'zh-CN' }, async ({ page, open, service }) => {
  const { username } = await service.makePerson('e2e-chinese', 'viewer')
  await open('login')
  await page.getByLabel('用户名或邮箱').fill(username)
  await page.getByLabel('密码', { exact: true }).fill('something else')
  await page.getByRole('button', { name: '登录' }).click()
  await page.getByRole('alert').getByText('用户名或密码错误').waitFor()
})

check('appearance and language are kept', { as: 'viewer' }, async (window) => {
  const { page, context, open } = window
  await showTasks(window)
  await page.getByRole('button', { name: 'Appearance' }).click()
  await page.getByRole('menuitem', { name: 'Dark' }).click()
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const dark = await background()
  await page.getByRole('button', { name: 'Language' }).click()
  await page.getByRole('menuitem', { name: '中文' }).click()
  await page.getByRole('heading', { name: '任务', level: 1 }).waitFor()
  assert.match(await page.evaluate(() => document.documentElement.lang), /^zh/)
  const again = await context.newPage()
  await again.goto(page.url())
  await again.getByRole('heading', { name: '任务', level: 1 }).waitFor()
  assert.equal(await again.evaluate(() => getComputedStyle(document.body).backgroundColor), dark)
  await open('tasks')
})
