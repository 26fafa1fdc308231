/* SPDX-License-Identifier: MIT */
const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** "1.2 MB". */
export function bytes(count: number, language: string): string {
  const power = count < 1 ? 0 : Math.min(Math.floor(Math.log(count) / Math.log(1000)), sizes.length - 1)
  const format = { style: 'unit', unit: sizes[power], unitDisplay: 'short', maximumFractionDigits: 1 } as const
  return new Intl.NumberFormat(language, format).format(count / 1000 ** power)
}
