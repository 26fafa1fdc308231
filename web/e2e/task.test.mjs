// SPDX-License-Identifier: MIT
// The page of one task: actions, log, attempts, time line, payload and result.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { before } from 'node:test'
import { browserTests } from './support/browser.mjs'
import { choose, confirmWith } from './support/pages.mjs'
import { Service } from './support/service.mjs'

const service = Service.shared()
const check = browserTests(service)

/* Says something at each level, waits for a file to go on, says more and fails or succeeds as its payload says. */
const talker = `#!/usr/bin/python3
import json, os, sys, time
order = json.load(sys.stdin)
pipe = os.fdopen(3, "w")
def tell(**message):
    pipe.write(json.dumps(message) + "\\n")
    pipe.flush()
for level in ("debug", "info", "warn", "error"):
    tell(log="a word of level " + level, level=level)
tell(progress=50, text="half of it")
while order.get("wait") and not os.path.exists(order["wait"]):
    time.sleep(0.05)
for number in range(order.get("lines", 0)):
    tell(log="line number %d" % number)
tell(result={"answer": 42, "list": [1, 2]})
if order.get("fail"):
    tell(error=order["fail"])
    sys.exit(3)
`

before(() => service.makeType('e2e_talker', talker))

const tab = (page, name) => page.getByRole('tab', { name, exact: true })

for (const role of ['admin', 'operator']) {
  check(`${role}: cancels and retries on the page of the task`, { as: role }, async ({ page, open }) => {
    const { id } = await service.makeTask('sleep', service.people[role].username, { seconds: 600 })
    await open(`tasks/${id}`)
    const heading = page.getByRole('heading', { level: 1 })
    await heading.getByText('Running').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await confirmWith(page, 'Cancel task')
    await heading.getByText('Cancelled').waitFor()
    await page.getByRole('button', { name: 'Retry' }).click()
    await heading.getByText('Running').waitFor()
    await page.getByText('1 by hand, 0 of 0 automatic').waitFor()
  })

  check(`${role}: deletes a task from its page and is back at the list`, { as: role }, async ({ page, open }) => {
    const { id } = await service.makeTask('sleep', service.people[role].username, { seconds: 600 })
    await open(`tasks/${id}`)
    await page.getByRole('button', { name: 'Delete' }).click()
    await confirmWith(page, 'Delete task')
    await page.waitForURL(`${service.url}tasks`)
    await open(`tasks/${id}`)
    await page.getByText('There is no such task').waitFor()
    await page.getByRole('link', { name: 'Back to the list' }).click()
    await page.waitForURL(`${service.url}tasks`)
  })
}

for (const role of ['admin', 'operator']) {
  check(`${role}: pauses a running task, resumes it, and sees what its processes do`, { as: role }, async ({ page, open }) => {
    const { id } = await service.makeTask('sleep', service.people[role].username, { seconds: 600 })
    await service.taskIs(id, 'running')
    await open(`tasks/${id}#processes`)
    const heading = page.getByRole('heading', { level: 1 })
    await page.getByRole('table', { name: 'Processes' }).getByRole('row').nth(1).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await heading.getByText('Paused').waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await heading.getByText('Running').waitFor()
    await tab(page, 'Timeline').click()
    for (const word of ['Paused', 'Resumed']) await page.getByRole('tabpanel').getByText(word, { exact: true }).waitFor()
  })
}

check('an administrator kills a task and says why', { as: 'admin' }, async ({ page, open }) => {
  const { id } = await service.makeTask('stubborn', 'admin')
  await service.taskIs(id, 'running')
  await open(`tasks/${id}`)
  await page.getByRole('button', { name: 'Kill' }).click()
  const dialog = page.getByRole('dialog', { name: 'Kill this task?' })
  await dialog.getByLabel('Reason').fill('it eats the disk')
  await dialog.getByRole('button', { name: 'Kill task' }).click()
  const ended = await service.taskIs(id, 'cancelled', 'failed')
  assert.match(ended.error, /it eats the disk/)
  await page.getByRole('alert').getByText('it eats the disk').waitFor()
  await page.getByRole('button', { name: 'Kill' }).waitFor({ state: 'detached' })
  await tab(page, 'Timeline').click()
  await page.getByRole('tabpanel').getByText('Kill requested').waitFor()
})

check('the log: levels, search, download', { as: 'operator' }, async ({ page, open }) => {
  const { id } = await service.makeTask('e2e_talker', service.people.operator.username, { lines: 3 })
  await service.taskIs(id, 'success')
  await open(`tasks/${id}`)
  const log = page.getByRole('region', { name: 'Log of the task' })
  for (const level of ['debug', 'info', 'warn', 'error']) await log.getByText(`a word of level ${level}`).waitFor()
  await choose(page, 'Levels', 'Warning')
  await page.keyboard.press('Escape')
  await log.getByText('a word of level info').waitFor({ state: 'detached' })
  await log.getByText('a word of level warn').waitFor()
  await page.reload()
  await page.getByRole('textbox', { name: 'Search the log' }).fill('NUMBER 2')
  await log.getByText('number 2', { exact: true }).waitFor()
  assert.equal(await log.locator('mark').count(), 1)
  await page.getByText('1 of 7 lines').waitFor()
  await page.getByRole('textbox', { name: 'Search the log' }).fill('nowhere to be found')
  await page.getByText('No line matches.').waitFor()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download log' }).click()
  const text = readFileSync(await (await download).path(), 'utf8')
  assert.match(text, /a word of level debug[\s\S]*line number 2/)
})

check('the log follows what is written, until one scrolls up', { as: 'operator' }, async ({ page, open }) => {
  const gate = `${service.state}/../go-on-${process.pid}`
  const order = { wait: gate, lines: 300 }
  const { id } = await service.makeTask('e2e_talker', service.people.operator.username, order)
  await open(`tasks/${id}`)
  const log = page.getByRole('region', { name: 'Log of the task' })
  await log.getByText('a word of level error').waitFor()
  await page.getByText('half of it').waitFor()
  writeFileSync(gate, '')
  await log.getByText('line number 299').waitFor()
  await page.waitForFunction(
    (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 40 && box.scrollTop > 0,
    await log.elementHandle(),
  )
})

check('attempts, time line, payload and result', { as: 'operator' }, async ({ page, open }) => {
  const { username } = service.people.operator
  const { id } = await service.makeTask('e2e_talker', username, { fail: 'the disk was full', note: ['one', 'two'] })
  await service.taskIs(id, 'failed')
  await open(`tasks/${id}`)
  await page.getByRole('alert').getByText('the disk was full').waitFor()
  await tab(page, 'Attempts').click()
  await page.waitForURL(/#attempts/)
  await page.getByRole('cell', { name: /the disk was full/ }).waitFor()
  await page.getByRole('button', { name: 'Retry' }).click()
  await page.getByRole('row').nth(2).waitFor()
  await service.taskIs(id, 'failed')
  await tab(page, 'Timeline').click()
  for (const word of ['Created', 'Retried']) await page.getByRole('tabpanel').getByText(word, { exact: true }).first().waitFor()
  await tab(page, 'Payload and result').click()
  const payload = page.getByRole('region', { name: 'Payload' })
  assert.match(await payload.innerText(), /"note": \[\s+"one",\s+"two"\s+\]/, 'pretty-printed')
  await page.reload()
  await page.getByRole('region', { name: 'Payload' }).waitFor()
})

check('a task that is not there, deleted or of somebody else looks the same', { as: 'operator' }, async ({ page, open }) => {
  const foreign = await service.makeTask('noop', 'admin')
  for (const id of ['00000000-0000-4000-8000-000000000000', foreign.id, 'nonsense']) {
    await open(`tasks/${id}`)
    await page.getByText('There is no such task').waitFor()
  }
})

check('an administrator sees the tasks of everybody, and whose they are', { as: 'admin' }, async ({ page, open }) => {
  const { id } = await service.makeTask('noop', service.people.operator.username)
  await open(`tasks?search=${id}`)
  await page.getByRole('cell', { name: service.people.operator.username }).waitFor()
  await open(`tasks/${id}`)
  await page.getByText(service.people.operator.username).first().waitFor()
})
