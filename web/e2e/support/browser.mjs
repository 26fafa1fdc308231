// SPDX-License-Identifier: MIT
// Debian's Chromium, and windows of it in which somebody is signed in. Whatever a page reports as an error fails the test.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, afterEach, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { out } from './paths.mjs'
import { Service } from './service.mjs'
import { until } from './until.mjs'

const programs = [process.env.CHROMIUM, '/usr/lib/chromium/chromium', '/usr/bin/chromium']
const testLimitMs = 300_000
const actionLimitMs = 30_000

function launch() {
  const executablePath = programs.find((path) => path && existsSync(path))
  assert(executablePath, 'Chromium is not installed (Debian: apt-get install chromium)')
  /* It shows nothing but our own pages. Its sandbox refuses to work for root and in many containers; /dev/shm is small there. */
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

/* Refused requests are part of some tests; the browser reports each as an error. */
const expected = /Failed to load resource/

function collectFaults(page) {
  const faults = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('dialog', (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text())) faults.push(message.text())
  })
  return faults
}

/* Signing in counts and takes time: each person does it once for all windows of a file. */
class Door {
  #cookies = new Map()

  constructor(service) {
    this.service = service
  }

  async open(context, person) {
    const known = this.#cookies.get(person.username)
    if (known) return context.addCookies(known)
    await this.#signIn(context, person)
    this.#cookies.set(person.username, await context.cookies())
    return undefined
  }

  /* A service whose disk is busy says 503, and somebody who wants to sign in tries again. */
  #signIn(context, { username, password }) {
    return until(`${username} is signed in`, 20_000, async () => {
      const answer = await context.request.post(`${this.service.url}api/authorization/auth/login`, { data: { username, password } })
      assert.ok([200, 503].includes(answer.status()), `sign-in of ${username}: ${answer.status()} ${await answer.text()}`)
      return answer.ok()
    })
  }
}

async function keepTraces(context, page, name) {
  const file = out + name.replace(/[^a-z0-9]+/gi, '-').slice(0, 60)
  await page.screenshot({ path: `${file}.png` }).catch(() => undefined)
  await context.tracing.stop({ path: `${file}.zip` })
}

const usual = { viewport: { width: 1280, height: 850 }, locale: 'en-GB' }

/**
 * Returns `check(name, options, body)`, which declares a test with a window of its own. `options.as` is who is signed in: a name
 * of `service.people`, a person, or nobody; the rest are options of a browser context. `body` gets `page`, `context`, `service`,
 * `open(path)` and `faults`, which must be empty at the end.
 */
export function browserTests(service = Service.shared()) {
  const door = new Door(service)
  let browser

  before(async () => {
    browser = await launch()
  })
  after(() => browser?.close())
  afterEach(() => service.cancelMade())

  async function inWindow(name, { as, ...options }, body) {
    const context = await browser.newContext({ ...usual, ...options })
    context.setDefaultTimeout(actionLimitMs)
    await context.tracing.start({ snapshots: true })
    const page = await context.newPage()
    const faults = collectFaults(page)
    const open = (path = '') => page.goto(service.url + path)
    try {
      if (as) await door.open(context, service.people[as] ?? as)
      await body({ page, context, service, open, faults })
      assert.deepEqual(faults, [])
    } catch (error) {
      await keepTraces(context, page, name)
      throw error
    } finally {
      await context.close()
    }
  }

  return (name, options, body) => test(name, { timeout: testLimitMs }, () => inWindow(name, options, body))
}
