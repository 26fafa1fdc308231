// SPDX-License-Identifier: MIT
// A script/server of its own: private state, a free port of the loopback interface. Nothing of it is left after stop(), nor
// when the process that started it dies.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { top } from './paths.mjs'
import { Service } from './service.mjs'
import { until } from './until.mjs'

const startLimitMs = 180_000
const stopLimitMs = 60_000

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

export class Instance {
  #script = null
  #output = ''
  #directory = null
  #words = []

  /** Prepared, not started. */
  static async create({ basePath = '/' } = {}) {
    const instance = new Instance()
    await instance.#prepare(basePath)
    return instance
  }

  async #prepare(basePath) {
    /* Others may pass through, not look: the state directory belongs to the account that the service runs as. */
    this.#directory = mkdtempSync(join(tmpdir(), 'taskyard-e2e-'))
    chmodSync(this.#directory, 0o711)
    const adminPassword = 'an-administrator-of-tests'
    const passwordFile = join(this.#directory, 'password')
    writeFileSync(passwordFile, adminPassword, { mode: 0o600 })
    const state = join(this.#directory, 's')
    const address = `127.0.0.1:${await freePort()}`
    this.#words = ['--no-install', '--listen', address, '--base-path', basePath, '--state-dir', state, '--admin-password-file', passwordFile]
    this.service = new Service({ url: `http://${address}${basePath}`, state, adminPassword })
  }

  /** Starts it, or starts it again with the same state and address. */
  async start() {
    this.#output = ''
    /* In a session of its own: a Ctrl-C is for us, who then stop it. */
    this.#script = spawn('setpriv', ['--pdeathsig', 'TERM', join(top, 'script/server'), ...this.#words], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#script.stdout, this.#script.stderr]) stream.on('data', (text) => (this.#output += text))
    await until('script/server is up', startLimitMs, () => {
      if (this.#ended()) throw new Error(`script/server ended:\n${this.#output}`)
      return this.#output.includes('Ctrl-C stops')
    })
  }

  #ended() {
    return this.#script === null || this.#script.exitCode !== null || this.#script.signalCode !== null
  }

  /** The process id of `taskyard-supervisor` or `mariadbd`. */
  pid(program) {
    const found = childrenOf(this.#script.pid).find((pid) => commandOf(pid)[0]?.endsWith(program))
    if (!found) throw new Error(`no ${program} runs below script/server`)
    return found
  }

  /** Waits until it has ended by itself, as it does when one of its programs has died. */
  ended() {
    return until('script/server has ended', stopLimitMs, () => this.#ended())
  }

  async stop() {
    if (!this.#ended()) {
      this.#script.kill('SIGTERM')
      await this.ended()
    }
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
