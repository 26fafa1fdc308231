/* SPDX-License-Identifier: MIT */
/* Pretty-prints text that may be JSON. */

export interface Pretty {
  text: string
  isJson: boolean
}

export function prettyJson(text: string): Pretty {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { text: JSON.stringify(value, null, 2), isJson: true }
    return { text: typeof value === 'string' ? value : text, isJson: true }
  } catch {
    return { text, isJson: false }
  }
}
