/* SPDX-License-Identifier: MIT */
/* One action on very many tasks: a few at a time, past those that refuse, and an end where the service is gone. */
import { errorText } from '../../api/errors'
import { isAway, patiently, type Patience } from '../../api/patiently'

export interface BulkOutcome {
  done: number
  failed: number
  /** Why, and how many times. */
  reasons: Map<string, number>
  /** It ended before all were tried: because of the user, or because the service did not answer any more. */
  stopped: boolean
}

export interface BulkOptions extends Patience {
  atATime: number
  onStep: (outcome: BulkOutcome) => void
}

export function untouched(): BulkOutcome {
  return { done: 0, failed: 0, reasons: new Map(), stopped: false }
}

/** Calls `act` for each item. Its errors are counted, never thrown; those of the items' source are. */
export async function runAll<T>(items: AsyncIterable<T>, act: (item: T) => Promise<void>, options: BulkOptions): Promise<BulkOutcome> {
  const outcome = untouched()
  const source = items[Symbol.asyncIterator]()

  const note = (error: unknown) => {
    const reason = errorText(error)
    outcome.failed += 1
    outcome.reasons.set(reason, (outcome.reasons.get(reason) ?? 0) + 1)
    if (isAway(error)) outcome.stopped = true
  }

  const work = async () => {
    while (!outcome.stopped && !options.signal.aborted) {
      const next = await source.next()
      if (next.done) return
      await patiently(() => act(next.value), options).then(() => void (outcome.done += 1), note)
      options.onStep({ ...outcome })
    }
    outcome.stopped = true
  }

  await Promise.all(Array.from({ length: options.atATime }, work))
  return outcome
}
