// SPDX-License-Identifier: MIT
// The two pictures of the README: a list of tasks, and one of them. Taken by: npm run e2e -- e2e/pictures.test.mjs
import { writeFileSync } from 'node:fs'
import { before } from 'node:test'
import { browserTests } from './support/browser.mjs'
import { rowOf, showTasks } from './support/pages.mjs'
import { out } from './support/paths.mjs'
import { smaller } from './support/png.mjs'
import { Service } from './support/service.mjs'

const service = Service.shared()
const check = browserTests(service)
const viewport = { width: 1000, height: 540 }
const taller = { width: 1000, height: 650 }
const sh = '#!/bin/sh\nread -r order\n'
const say = (message) => `echo '${JSON.stringify(message)}' >&3\n`
const untilCancelled = 'sleep 600\n'

const report = [
  sh,
  say({ log: '1,204 orders of October read', level: 'info' }),
  say({ log: '3 of them have no customer; left out', level: 'warn' }),
  say({ progress: 35, text: 'adding up, 12 of 34 regions' }),
  'echo "region EU-North: 214 orders, 48,120.50"\n',
  'echo "region EU-South: 187 orders, 39,877.00"\n',
  say({ progress: 62, text: 'adding up, 21 of 34 regions' }),
  'echo "region Pacific: 96 orders, 22,014.75"\n',
  untilCancelled,
]

const person = { username: 'ada' }
let shown

before(async () => {
  Object.assign(person, await service.makePerson(person.username, 'operator'))
  await service.makeType('monthly_report', report.join(''))
  await service.makeType('thumbnails', [sh, say({ progress: 18, text: '540 of 3,000 images' }), untilCancelled].join(''))
  await service.makeType('mail_digest', [sh, say({ progress: 71 }), say({ error: 'The mail server did not answer.' }), 'exit 1\n'].join(''))
  await service.makeType('reindex', `${sh}exit 0\n`)
  const start = async (type, status, payload = {}) => {
    const task = await service.makeTask(type, person.username, payload)
    await service.taskIs(task.id, status)
    return task.id
  }
  await start('reindex', 'success')
  await start('mail_digest', 'failed')
  await service.control('POST', `/api/tasks/${await start('thumbnails', 'running')}/cancel`)
  shown = [await start('user_export', 'success', { status: 'active' }), await start('thumbnails', 'running'), await start('monthly_report', 'running')]
})

async function take(page, name) {
  await page.mouse.move(0, 0)
  await page.evaluate(() => document.activeElement?.blur())
  writeFileSync(`${out}${name}`, smaller(await page.screenshot()))
}

check('pictures for the README', { as: person, viewport }, async (window) => {
  const { page, open } = window
  await showTasks(window)
  await rowOf(page, shown[2]).getByText('adding up, 21 of 34 regions').waitFor()
  await take(page, 'console-tasks.png')
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize(taller)
  await open(`tasks/${shown[2]}`)
  await page.getByText('region Pacific').waitFor()
  await take(page, 'console-task.png')
})
