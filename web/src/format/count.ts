/* SPDX-License-Identifier: MIT */

/** A number that was counted up to a limit: "10,000+" where there may be more. */
export function atMost(count: number, limit: number, language: string): string {
  return count >= limit ? `${limit.toLocaleString(language)}+` : count.toLocaleString(language)
}
