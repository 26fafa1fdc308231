// SPDX-License-Identifier: MIT
// Hostile text in every field that the database has, shown in every view: it stays text, and stays inside. It is put into the
// database itself, since the service would not take some of it, and other programs write there as well.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before } from 'node:test'
import { browserTests } from './support/browser.mjs'
import { openRecent } from './support/pages.mjs'
import { payloads } from './support/payloads.mjs'
import { literal, Service } from './support/service.mjs'
import { until } from './support/until.mjs'

const service = Service.shared()
const check = browserTests(service)
const sizes = [
  { width: 360, height: 780 },
  { width: 1280, height: 850 },
]

const shorter = (text, length) => [...text].slice(0, length).join('')
const json = (value) => literal(JSON.stringify(value))

/* One of each for each text. A pending task shows its progress text, a failed one is on the overview. */
const samples = payloads.map((text) => ({ text, name: shorter(text, 64), user: randomUUID(), pending: randomUUID(), failed: randomUUID() }))
const crowd = randomUUID() // a task with a log line, an attempt and an event for each text

function personSql({ text, name, user }) {
  return `
    INSERT INTO user (uuid, username, email, full_name, created_at, updated_at)
    VALUES ('${user}', ${literal(name)}, ${literal(shorter(text, 255))}, ${literal(shorter(text, 255))}, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));
    INSERT INTO role (uuid, name, description, created_at, updated_at)
    VALUES ('${randomUUID()}', ${literal(name)}, ${literal(shorter(text, 255))}, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));
    INSERT INTO user_role (user_id, role_id)
    SELECT user.id, role.id FROM user JOIN role ON role.name = user.username WHERE user.uuid = '${user}';`
}

function taskSql(id, status, { text, name, user }) {
  const finished = status === 'failed' ? 'UTC_TIMESTAMP(6)' : 'NULL'
  return `
    INSERT INTO task (uuid, type, status, progress_text, payload, result, error, creator_id, artifact_file_key, artifact_file_name,
                      created_at, updated_at, due_at, finished_at)
    VALUES ('${id}', ${literal(name)}, '${status}', ${literal(shorter(text, 200))}, ${json({ text, [text]: [text] })}, ${json(text)},
            ${literal(text)}, '${user}', '${randomUUID()}', ${literal(shorter(text, 255))},
            UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), '2999-01-01', ${finished});`
}

function traceSql({ text }, index) {
  const task = `(SELECT id FROM task WHERE uuid = '${crowd}')`
  return `
    INSERT INTO task_log (task_id, attempt, level, message, created_at)
    VALUES (${task}, 1, ${index % 4}, ${literal(text)}, UTC_TIMESTAMP(6));
    INSERT INTO attempt (task_id, attempt, node, incarnation, cause, error, started_at, finished_at)
    VALUES (${task}, ${index + 1}, ${literal(shorter(text, 255))}, '', 'error', ${literal(text)}, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));
    INSERT INTO task_event (task_id, attempt, kind, actor, address, detail, created_at)
    VALUES (${task}, 1, ${literal(shorter(text, 64))}, ${literal(shorter(text, 64))}, ${literal(shorter(text, 64))}, ${json({ text, [text]: text })}, UTC_TIMESTAMP(6));`
}

before(() => {
  assert.equal(payloads.length, 30)
  service.sql(
    [
      ...samples.map(personSql),
      ...samples.flatMap((sample) => [taskSql(sample.pending, 'pending', sample), taskSql(sample.failed, 'failed', sample)]),
      taskSql(crowd, 'failed', { ...samples[0], text: 'crowd', name: 'crowd' }),
      `UPDATE task SET payload = ${json(payloads)}, result = ${json(Object.fromEntries(payloads.map((text) => [text, text])))} WHERE uuid = '${crowd}';`,
      ...samples.map(traceSql),
    ].join('\n'),
  )
})

/* Other tests count users and look at pages. */
after(() => {
  const ours = (ids) => ids.map((id) => `'${id}'`).join(', ')
  const tasks = ours([...samples.flatMap(({ pending, failed }) => [pending, failed]), crowd])
  service.sql(`
    DELETE FROM task_event WHERE task_id IN (SELECT id FROM task WHERE uuid IN (${tasks}));
    DELETE FROM task_log WHERE task_id IN (SELECT id FROM task WHERE uuid IN (${tasks}));
    DELETE FROM attempt WHERE task_id IN (SELECT id FROM task WHERE uuid IN (${tasks}));
    DELETE FROM task WHERE uuid IN (${tasks});
    DELETE role FROM role JOIN user_role ON user_role.role_id = role.id JOIN user ON user.id = user_role.user_id
      WHERE user.uuid IN (${ours(samples.map(({ user }) => user))});
    DELETE FROM user WHERE uuid IN (${ours(samples.map(({ user }) => user))});`)
})

/* What became of the text that should not, and whether anything is wider than the window. */
async function traces() {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))) // drawn for this width
  return {
    ran: 'hacked' in window,
    made: document.getElementById('hacked') !== null,
    elements: document.body.querySelectorAll('script, iframe, object, base, meta, link, style').length,
    handlers: [...document.querySelectorAll('*')].filter((element) => element.getAttributeNames().some((name) => name.startsWith('on'))).length,
    links: [...document.links].filter(({ protocol, host }) => !protocol.startsWith('http') || host !== location.host).map(({ href }) => href),
    overflow: Math.max(0, document.documentElement.scrollWidth - window.innerWidth),
  }
}

/* On a phone, and in a wide window, which it has afterwards. */
async function harmless(page, where) {
  for (const size of sizes) {
    await page.setViewportSize(size)
    const expected = { ran: false, made: false, elements: 0, handlers: 0, links: [], overflow: 0 }
    assert.deepEqual(await page.evaluate(traces), expected, `${where}, ${size.width} pixels wide`)
  }
}

/* That every text stands there letter by letter; names of users come a little later than the rest. */
async function verbatim(place, texts, where) {
  await place.waitFor()
  await until(`${where} shows every text as it is`, 15_000, async () => {
    const shown = await place.textContent()
    return texts.every((text) => shown.includes(text))
  })
}

const names = samples.map(({ name }) => name)

const options = { as: 'admin' }
const main = (page) => page.getByRole('main')

check('lists', options, async ({ page, open }) => {
  await open('tasks?page_size=100&status=pending')
  await page.locator(`a[href$="/tasks/${samples[0].pending}"]`).first().waitFor()
  await page.getByText(names.at(-1)).first().waitFor()
  await verbatim(main(page), names, 'the list of tasks')
  await verbatim(main(page), samples.map(({ text }) => shorter(text, 200)), 'progress in the list of tasks')
  await harmless(page, 'the list of tasks')
  await open('authorization/users?page_size=100')
  await page.getByText(names.at(-1)).first().waitFor()
  await verbatim(main(page), [...names, ...payloads.map((text) => shorter(text, 255))], 'the list of users')
  await harmless(page, 'the list of users')
  await open(`system/audit?page_size=100&task_id=${crowd}`)
  await page.getByRole('table').waitFor()
  await verbatim(main(page), [...names, ...payloads], 'the audit trail')
  await harmless(page, 'the audit trail')
  await open()
  await page.getByRole('heading', { name: 'Latest failures' }).waitFor()
  await page.getByText(names.at(-1)).first().waitFor()
  await harmless(page, 'the overview')
})

check('log, attempts, time line and data of a task', options, async ({ page, open }) => {
  await open(`tasks/${crowd}`)
  const panel = page.getByRole('tabpanel')
  await page.getByRole('region', { name: 'Log of the task' }).getByText(payloads[0]).first().waitFor()
  await verbatim(panel, payloads, 'the log')
  await harmless(page, 'the log')
  for (const [tab, landmark, texts] of [
    ['Attempts', page.getByRole('table', { name: 'Attempts' }), payloads],
    ['Timeline', panel.getByRole('list'), [...names, ...payloads]],
    ['Payload and result', page.getByRole('region', { name: 'Payload' }), payloads.map((text) => JSON.stringify(text))],
  ]) {
    await page.getByRole('tab', { name: tab }).click()
    await landmark.waitFor()
    await verbatim(panel, texts, tab)
    await harmless(page, tab)
  }
})

check('the page of each task', options, async ({ page, open }) => {
  for (const { pending, name, text } of samples) {
    await open(`tasks/${pending}#data`)
    await page.getByRole('region', { name: 'Result' }).waitFor()
    await verbatim(page.getByRole('heading', { level: 1 }), [name], 'the heading')
    await verbatim(main(page), [shorter(text, 200), shorter(text, 255), text], 'the page of the task')
    await page.getByRole('link', { name: /^Download/ }).waitFor()
    await harmless(page, `the page of ${JSON.stringify(text)}`)
  }
})

check('the recent tasks in the header', options, async ({ page, open }) => {
  const admin = service.sql("SELECT uuid FROM user WHERE username = 'admin'").trim()
  for (let first = 0; first < samples.length; first += 10) {
    const shown = samples.slice(first, first + 10)
    const ids = shown.map(({ failed }) => `'${failed}'`).join(', ')
    service.sql(`UPDATE task SET creator_id = '${admin}', created_at = UTC_TIMESTAMP(6) WHERE uuid IN (${ids})`)
    await open('authorization/users')
    const recent = await openRecent(page)
    await recent.locator(`a[href$="/tasks/${shown[0].failed}"]`).waitFor()
    await harmless(page, 'the header')
    service.sql(`UPDATE task SET creator_id = 'system' WHERE uuid IN (${ids})`)
  }
})
check('in the address', { as: 'admin' }, async ({ page, open }) => {
  for (let first = 0; first < payloads.length; first += 3) {
    const [search, type, creator] = payloads.slice(first, first + 3)
    await open(`tasks?${new URLSearchParams({ search, type, creator })}`)
    await page.getByRole('button', { name: 'Reset filters' }).waitFor()
    assert.equal(await page.getByRole('textbox', { name: 'Search by type or id' }).inputValue(), search)
    await page.getByTitle(type, { exact: true }).or(page.getByText('This could not be loaded')).first().waitFor()
    await harmless(page, search)
  }
})
