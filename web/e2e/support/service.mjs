// SPDX-License-Identifier: MIT
// The service under test from behind: its control socket, as a module of an application uses it, and its database.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { until } from './until.mjs'

const password = 'a-password-of-tests'

function needed(name) {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: these tests are started by npm run e2e`)
  return value
}

export class Service {
  #made = []

  constructor({ url, state, adminPassword }) {
    this.url = url
    this.state = state
    this.people = { admin: { username: 'admin', password: adminPassword } }
    for (const role of ['operator', 'viewer', 'nobody']) this.people[role] = { username: `e2e-${role}`, password }
  }

  /** The one that npm run e2e has started for all tests. */
  static shared() {
    return new Service({ url: needed('TASKYARD_URL'), state: needed('TASKYARD_STATE'), adminPassword: needed('ADMIN_PASSWORD') })
  }

  environment() {
    return { TASKYARD_URL: this.url, TASKYARD_STATE: this.state, ADMIN_PASSWORD: this.people.admin.password }
  }

  /** One call over the control socket. Throws what the service refuses, with its `code`. */
  control(method, path, body) {
    return new Promise((resolve, reject) => {
      const options = { socketPath: join(this.state, 'control.sock'), method, path, headers: { 'Content-Type': 'application/json' } }
      const call = request(options, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part) => (text += part))
        response.on('end', () => {
          const answer = JSON.parse(text)
          if (answer.code === '0') resolve(answer.data)
          else reject(Object.assign(new Error(`${method} ${path}: ${answer.err}`), { code: answer.code }))
        })
      })
      call.on('error', reject)
      call.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  // ---- people ----

  /** Makes a user, or gives the one there is this password. */
  async makePerson(username, ...roles) {
    const person = { username, password }
    await this.control('POST', '/api/authorization/users', { ...person, roles }).catch((error) => {
      if (error.code !== 'E4091') throw error
      return this.control('PUT', `/api/authorization/users/${username}/password`, { password })
    })
    return person
  }

  /** The users whom `people` names: one of each role, and `nobody` without any. */
  async makePeople() {
    for (const role of ['operator', 'viewer']) await this.makePerson(this.people[role].username, role)
    await this.makePerson(this.people.nobody.username)
  }

  // ---- tasks ----

  async makeTask(type, creator, payload) {
    const task = await this.control('POST', '/api/tasks', { type, creator, ...(payload === undefined ? {} : { payload }) })
    this.#made.push(task.id)
    return task
  }

  /** Waits until the task has one of these states; returns it. */
  taskIs(id, ...statuses) {
    return until(`task ${id} is ${statuses.join(' or ')}`, 30_000, async () => {
      const task = await this.control('GET', `/api/tasks/${id}`)
      return statuses.includes(task.status) && task
    })
  }

  /** Ends what the tests have left running, so that the next ones find free slots. */
  async cancelMade() {
    for (const id of this.#made.splice(0)) {
      await this.control('POST', `/api/tasks/${id}/cancel`).catch((error) => {
        if (error.code !== 'E4041') throw error
      })
    }
  }

  /** A type whose runner is this program (with its #! line). */
  async makeType(name, program, settings = '') {
    const directory = join(this.state, '..', 'bin')
    mkdirSync(directory, { recursive: true, mode: 0o755 })
    chmodSync(directory, 0o755)
    const path = join(directory, name)
    writeFileSync(path, program, { mode: 0o755 })
    chmodSync(path, 0o755)
    const descriptor = join(this.state, 'types.d', `${name}.conf`)
    writeFileSync(descriptor, `type ${name} {\n  runner = command\n  command = {"${path}"}\n  ${settings}\n}\n`)
    chmodSync(descriptor, 0o644)
    await this.control('POST', '/api/task-types/reload')
  }

  // ---- the database ----

  /** Runs statements, as the account that owns the state directory. */
  sql(statements) {
    const { uid, gid } = statSync(this.state)
    const become = process.getuid() === uid ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
    const words = [...become, 'mariadb', '--no-defaults', `--socket=${join(this.state, 'database.sock')}`, '--skip-column-names']
    const [program, ...rest] = [...words, '--default-character-set=utf8mb4', '--batch', 'taskyard']
    const done = spawnSync(program, rest, { input: statements, encoding: 'utf8', timeout: 30_000, cwd: '/' })
    if (done.status !== 0) throw new Error(`mariadb: ${done.stderr || done.error}`)
    return done.stdout
  }
}

/** A text as a literal that needs no escaping. */
export function literal(text) {
  return `CONVERT(X'${Buffer.from(text, 'utf8').toString('hex')}' USING utf8mb4)`
}
