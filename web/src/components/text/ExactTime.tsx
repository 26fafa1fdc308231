/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import { exactTime, relativeTime, zonedTime } from '../../format/time'
import { useSlowNow } from '../../hooks/useNow'
import { useLanguage } from '../../i18n/useLanguage'

/** The exact moment, and how long ago it was. */
export function ExactTime({ value }: { value: string }) {
  const now = useSlowNow()
  const language = useLanguage()
  const { t } = useTranslation()
  const moment = Date.parse(value)
  return (
    <time dateTime={value} title={zonedTime(moment, language)}>
      {exactTime(moment, language)} <span className="muted">{t('common.aside', { text: relativeTime(moment, now, language) })}</span>
    </time>
  )
}
