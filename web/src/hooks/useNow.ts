/* SPDX-License-Identifier: MIT */
/* One clock for all relative times of the page. */
import { useSyncExternalStore } from 'react'

class Clock {
  private now = Date.now()
  private timer: ReturnType<typeof setInterval> | undefined
  private readonly listeners = new Set<() => void>()

  constructor(private readonly periodMs: number) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    if (this.listeners.size === 0) this.start()
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
      if (this.listeners.size === 0) clearInterval(this.timer)
    }
  }

  readonly current = (): number => this.now

  private start(): void {
    this.now = Date.now()
    this.timer = setInterval(() => {
      this.now = Date.now()
      this.listeners.forEach((listener) => listener())
    }, this.periodMs)
  }
}

const everySecond = new Clock(1_000)
const tenTimesAMinute = new Clock(6_000)

/** The time, renewed each second; for what runs. */
export function useNow(): number {
  return useSyncExternalStore(everySecond.subscribe, everySecond.current)
}

/** The time, renewed now and then; for "5 minutes ago". */
export function useSlowNow(): number {
  return useSyncExternalStore(tenTimesAMinute.subscribe, tenTimesAMinute.current)
}
