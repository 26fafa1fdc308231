/* SPDX-License-Identifier: MIT */

function words(detail: unknown): string {
  if (detail === undefined || detail === null) return ''
  if (typeof detail === 'string') return detail
  if (typeof detail !== 'object') return JSON.stringify(detail)
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}

/** The details of an event, which depend on its kind, on one line. */
export function DetailText({ detail, className }: { detail: unknown; className?: string }) {
  const text = words(detail)
  return text ? <div className={className}>{text}</div> : null
}
