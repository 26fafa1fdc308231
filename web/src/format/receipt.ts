/* SPDX-License-Identifier: MIT */
/* What an event of a kill or a pause says, in words: which signal, to how many processes, why, after how long. */
import type { TFunction } from 'i18next'
import { isKnown } from '../i18n/useNames'
import { duration } from './time'

/* The members of `detail` that are told in words. The rest is shown as it is. */
interface Receipt {
  signal?: unknown
  reason?: unknown
  processes?: unknown
  after_ms?: unknown
  containment?: unknown
  paused_ms?: unknown
}

function isReceipt(detail: unknown): detail is Receipt {
  return typeof detail === 'object' && detail !== null
}

function why(t: TFunction, reason: unknown): string | null {
  if (typeof reason !== 'string' || reason === '') return null
  return isKnown('stop', reason) ? t(`stop.${reason}`) : reason
}

function sent(t: TFunction, detail: Receipt): string {
  const { signal, processes } = detail
  if (typeof processes === 'number') return t('receipt.signal', { signal, count: processes })
  return t('receipt.signalOnly', { signal })
}

function ended(t: TFunction, detail: Receipt, language: string): string {
  const { processes, after_ms, containment } = detail
  const parts = [t('receipt.gone', { count: Number(processes) || 0 })]
  if (typeof after_ms === 'number') parts.push(t('receipt.after', { time: duration(after_ms, language) }))
  if (containment === 'cgroup' || containment === 'session') parts.push(t(`receipt.${containment}`))
  return parts.join(t('receipt.comma'))
}

function signalled(t: TFunction, detail: Receipt, language: string): string {
  const parts = [sent(t, detail)]
  const reason = why(t, detail.reason)
  if (reason) parts.push(reason)
  if (typeof detail.after_ms === 'number' && detail.after_ms > 0) parts.push(t('receipt.after', { time: duration(detail.after_ms, language) }))
  return parts.join(t('receipt.comma'))
}

/** A sentence, or null if there is none for this kind of event. */
export function receiptText(t: TFunction, language: string, kind: string, detail: unknown): string | null {
  if (!isReceipt(detail)) return null
  if ((kind === 'signalled' || kind === 'killed') && typeof detail.signal === 'string') return signalled(t, detail, language)
  if (kind === 'tree_empty') return ended(t, detail, language)
  if (kind === 'paused' && typeof detail.processes === 'number') return t('receipt.paused', { count: detail.processes })
  if (kind === 'resumed' && typeof detail.paused_ms === 'number') return t('receipt.resumed', { time: duration(detail.paused_ms, language) })
  if (kind === 'kill_requested') return typeof detail.reason === 'string' ? t('receipt.because', { reason: detail.reason }) : null
  return null
}
