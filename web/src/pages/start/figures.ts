/* SPDX-License-Identifier: MIT */
/* Sums and shares of what an overview tells. */
import type { HourOutcome } from '../../api/types'

export const outcomes = ['success', 'failed', 'cancelled'] as const
export type Outcome = (typeof outcomes)[number]
export type Counts = Record<Outcome, number>

export function sumOf(counts: Counts): number {
  return outcomes.reduce((sum, outcome) => sum + counts[outcome], 0)
}

export function totals(hours: HourOutcome[]): Counts {
  const add = (outcome: Outcome) => hours.reduce((sum, hour) => sum + hour[outcome], 0)
  return { success: add('success'), failed: add('failed'), cancelled: add('cancelled') }
}

/** The share of failures among all that ran to an end of its own, from 0 to 1; null if none did. */
export function failureRate({ success, failed }: Pick<Counts, 'success' | 'failed'>): number | null {
  return success + failed === 0 ? null : failed / (success + failed)
}

/** The smallest of 1, 2, 5, 10, 20, 50 … that is not below `most`: where an axis ends. */
export function axisEnd(most: number): number {
  let unit = 1
  for (;;) {
    for (const step of [1, 2, 5]) if (step * unit >= most) return step * unit
    unit *= 10
  }
}

/** "4.2 %", never "0 %" for what has happened. */
export function share(rate: number, language: string): string {
  const format = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: rate < 0.1 ? 1 : 0 })
  return rate > 0 && rate < 0.001 ? `< ${format.format(0.001)}` : format.format(rate)
}
