/* SPDX-License-Identifier: MIT */

/** "62%", of a number from 0 to 100, or above for several processors. */
export function percentText(percent: number, language: string): string {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }).format(percent / 100)
}
