/* SPDX-License-Identifier: MIT */
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { isKnown } from '../../i18n/useNames'

function words(t: TFunction, detail: unknown): string {
  if (detail === undefined || detail === null) return ''
  if (typeof detail === 'string') return detail
  if (typeof detail !== 'object') return JSON.stringify(detail)
  return Object.entries(detail)
    .map(([name, value]) => {
      const what = isKnown('detail', name) ? t(`detail.${name}`) : name
      return t('common.named', { name: what, value: typeof value === 'string' ? value : JSON.stringify(value) })
    })
    .join(t('receipt.comma'))
}

/** The details of an event, which depend on its kind, on one line. */
export function DetailText({ detail, className }: { detail: unknown; className?: string }) {
  const { t } = useTranslation()
  const text = words(t, detail)
  return text ? <div className={className}>{text}</div> : null
}
