/* SPDX-License-Identifier: MIT */
/* Calls that wait for a service that is away for a moment. */
import { ApiError } from './errors'

export interface Patience {
  /** How long to wait for a service that does not answer, and how many times before giving up. */
  patienceMs: number
  patience: number
  signal: AbortSignal
}

/** No answer, or the service cannot do anything now. */
export function isAway(error: unknown): boolean {
  return error instanceof ApiError && (error.kind === 'network' || error.isUnavailable)
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Again while the service is away: whether a change arrived cannot be told, so it must be one that may be asked for twice. */
export async function patiently<T>(call: () => Promise<T>, { patienceMs, patience, signal }: Patience): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call()
    } catch (error) {
      if (!isAway(error) || tries > patience || signal.aborted) throw error
      await pause(patienceMs, signal)
    }
  }
}
