/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import { receiptText } from '../../format/receipt'
import { useLanguage } from '../../i18n/useLanguage'
import { DetailText } from './DetailText'

interface Props {
  kind: string
  detail: unknown
  /** Of details that there are no words for. */
  className: string
}

/** What there is to say about an event: a sentence where we have one for its kind. */
export function EventDetail({ kind, detail, className }: Props) {
  const { t } = useTranslation()
  const language = useLanguage()
  const receipt = receiptText(t, language, kind, detail)
  return receipt === null ? <DetailText detail={detail} className={className} /> : <div className="cell-text">{receipt}</div>
}
