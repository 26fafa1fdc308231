/* SPDX-License-Identifier: MIT */
/* Moments and spans of time as text, by the rules of the language. */

const units: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

/* English is written in the way of the person's country, if the browser says that he reads English: 30 Nov or Nov 30. */
function regional(language: string): string {
  return navigator.languages.find((code) => code.toLowerCase().split('-')[0] === language) ?? language
}

/* Making a formatter takes far longer than using it. */
function remembered<T>(make: (language: string, variant: string) => T): (language: string, variant?: string) => T {
  const made = new Map<string, T>()
  return (language, variant = '') => {
    const key = `${language} ${variant}`
    const known = made.get(key) ?? make(regional(language), variant)
    made.set(key, known)
    return known
  }
}

const relativeFormat = remembered((language) => new Intl.RelativeTimeFormat(language, { numeric: 'auto' }))
const exactFormat = remembered((language) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }))
const zonedFormat = remembered((language) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' }))
const hourFormat = remembered((language) => new Intl.DateTimeFormat(language, { timeStyle: 'short' }))
const clockFormat = remembered(
  (language) =>
    new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' }),
)
const unitFormat = remembered((language, unit) => new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }))

/* The page's slow clock lags behind, and the service's clock may be ahead: what has just happened is not in the future. */
const clockSlackMs = 10_000

/** "5 minutes ago", "in 3 hours". */
export function relativeTime(moment: number, now: number, language: string): string {
  const ahead = moment - now
  const seconds = ahead > 0 && ahead < clockSlackMs ? 0 : Math.round(ahead / 1000)
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units[units.length - 1]
  return relativeFormat(language).format(Math.trunc(seconds / size), unit)
}

/** The date and the time to the second, in the zone of the person. */
export function exactTime(moment: number, language: string): string {
  return exactFormat(language).format(moment)
}

/** The same with the name of the zone. */
export function zonedTime(moment: number, language: string): string {
  return zonedFormat(language).format(moment)
}

/** The hour and the minute. */
export function hourTime(moment: number, language: string): string {
  return hourFormat(language).format(moment)
}

/** The time of day to the millisecond, for logs. */
export function clockTime(moment: number, language: string): string {
  return clockFormat(language).format(moment)
}

function unitText(value: number, unit: string, language: string): string {
  return unitFormat(language, unit).format(value)
}

const spanUnits: readonly [string, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

/** "2 hr 5 min", "340 ms": the two largest units. */
export function duration(milliseconds: number, language: string): string {
  if (milliseconds < 1000) return unitText(Math.max(0, Math.round(milliseconds)), 'millisecond', language)
  let rest = Math.round(milliseconds / 1000)
  const first = spanUnits.findIndex(([, size]) => rest >= size)
  const parts = spanUnits.slice(first, first + 2).map(([unit, size]) => {
    const value = Math.floor(rest / size)
    rest -= value * size
    return { unit, value }
  })
  return parts
    .filter(({ value }, index) => index === 0 || value > 0)
    .map(({ unit, value }) => unitText(value, unit, language))
    .join(' ')
}

export function span(from: string | undefined, to: string | undefined, now: number, language: string): string {
  if (!from) return ''
  return duration((to ? Date.parse(to) : now) - Date.parse(from), language)
}
