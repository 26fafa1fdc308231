// SPDX-License-Identifier: MIT
// npm run e2e: starts a script/server, runs the end-to-end tests against it, or those of the files named, and stops it again.
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Instance } from './support/instance.mjs'
import { out } from './support/paths.mjs'

const limitMs = 30 * 60_000
const here = fileURLToPath(new URL('./', import.meta.url))
const named = process.argv.slice(2)
const files = named.length > 0 ? named : readdirSync(here).filter((name) => name.endsWith('.test.mjs')).sort().map((name) => here + name)

let tests = null

function stopTests() {
  if (tests && tests.exitCode === null && tests.signalCode === null) tests.kill('SIGTERM')
}

/* Resolves to an exit status. Each file is a process of its own; one at a time, because they share the service's slots. */
function runTests(environment) {
  const words = ['--test', '--test-concurrency=1', '--test-reporter=spec', '--test-reporter-destination=stdout', ...files]
  tests = spawn('setpriv', ['--pdeathsig', 'TERM', process.execPath, ...words], { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...environment } })
  const limit = setTimeout(stopTests, limitMs)
  return new Promise((resolve, reject) => {
    tests.on('error', reject)
    tests.on('exit', (status, signal) => {
      clearTimeout(limit)
      if (signal) console.error(`the tests were ended by ${signal}`)
      resolve(status ?? 1)
    })
  })
}

rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
const instance = await Instance.create()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stopTests)
try {
  await instance.start()
  await instance.service.makePeople()
  process.exitCode = await runTests(instance.service.environment())
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await instance.stop()
}
