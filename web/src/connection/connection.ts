/* SPDX-License-Identifier: MIT */
/* Knows whether the service answers, from what the calls meet. While it does not, it probes /readyz; when it answers again,
   everybody who shows something is told to load it anew. */

export type ConnectionState = 'ok' | 'unreachable' | 'unavailable'

const probeMs = 3_000

type Listener = () => void

export class Connection {
  private state: ConnectionState = 'ok'
  private recoveries = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly listeners = new Set<Listener>()

  constructor(private readonly probe: () => Promise<ConnectionState>) {}

  readonly subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly current = (): ConnectionState => this.state

  /** Grows each time the service has come back: what depends on it loads again. */
  readonly recovery = (): number => this.recoveries

  reportAnswer(): void {
    if (this.state === 'unreachable') this.enter('ok')
  }

  reportUnreachable(): void {
    this.enter('unreachable')
  }

  reportUnavailable(): void {
    this.enter('unavailable')
  }

  private enter(next: ConnectionState): void {
    if (next === 'ok' && this.state !== 'ok') this.recoveries += 1
    const changed = next !== this.state
    this.state = next
    if (next !== 'ok') this.probeLater()
    if (changed) this.listeners.forEach((listener) => listener())
  }

  private probeLater(): void {
    if (this.timer !== undefined) return
    this.timer = setTimeout(() => {
      void this.probe().then((found) => {
        this.timer = undefined
        this.enter(found)
      })
    }, probeMs)
  }
}

async function probeReadiness(): Promise<ConnectionState> {
  try {
    const response = await fetch(new URL('readyz', document.baseURI), { cache: 'no-store' })
    return response.ok ? 'ok' : 'unavailable'
  } catch {
    return 'unreachable'
  }
}

export const connection = new Connection(probeReadiness)
