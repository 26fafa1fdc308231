// SPDX-License-Identifier: MIT
// How the parts of the console's pages are found: by what they are called, as a person finds them.

/** The row of a table, or the card of a narrow list, that is about the task. */
export function rowOf(page, id) {
  const link = page.locator(`a[href$="/tasks/${id}"]`)
  return page.getByRole('main').getByRole('row').or(page.getByRole('main').getByRole('listitem')).filter({ has: link })
}

/** Says yes in the question that is open. */
export function confirmWith(page, name) {
  return page.getByRole('dialog').getByRole('button', { name, exact: true }).click()
}

export async function showTasks({ page, open }, query = '') {
  await open(`tasks${query}`)
  await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor()
}

/** Chooses in a list that opens. */
export async function choose(page, list, option) {
  await page.getByRole('combobox', { name: list, exact: true }).press('ArrowDown')
  await page.locator('.ant-select-dropdown:visible').getByTitle(option, { exact: true }).click()
}

/** The recent tasks in the header, opened. */
export async function openRecent(page) {
  await page.getByRole('banner').getByRole('button', { name: /^Tasks/ }).click()
  const recent = page.getByRole('region', { name: 'Your recent tasks' })
  await recent.waitFor()
  return recent
}

export async function signInByForm(page, { username, password }) {
  await page.getByLabel('User name or e-mail').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}
