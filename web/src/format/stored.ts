/* SPDX-License-Identifier: MIT */
/* Choices of the person at this browser. A browser that keeps nothing is no error. */

export function readStored<T extends string>(key: string, allowed: readonly T[], otherwise: T): T {
  try {
    const value = localStorage.getItem(key)
    return allowed.find((choice) => choice === value) ?? otherwise
  } catch {
    return otherwise
  }
}

export function writeStored(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    /* Private windows may refuse. */
  }
}
