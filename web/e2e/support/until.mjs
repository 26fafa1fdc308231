// SPDX-License-Identifier: MIT
import { setTimeout as pause } from 'node:timers/promises'

/** Asks again and again until the answer is true; returns it. Throws when the time is up. */
export async function until(what, limitMs, condition) {
  const deadline = Date.now() + limitMs
  for (;;) {
    const answer = await condition()
    if (answer) return answer
    if (Date.now() > deadline) throw new Error(`in vain waited for ${limitMs / 1000} s until ${what}`)
    await pause(50)
  }
}
