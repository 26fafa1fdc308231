/* SPDX-License-Identifier: MIT */
import { Tooltip } from 'antd'
import { relativeTime, zonedTime } from '../../format/time'
import { useSlowNow } from '../../hooks/useNow'
import { useLanguage } from '../../i18n/useLanguage'

/** "5 minutes ago", with the exact moment on hover and focus. */
export function RelativeTime({ value }: { value: string }) {
  const now = useSlowNow()
  const language = useLanguage()
  const moment = Date.parse(value)
  const exact = zonedTime(moment, language)
  return (
    <Tooltip title={exact}>
      <time dateTime={value} className="nowrap">
        {relativeTime(moment, now, language)}
      </time>
    </Tooltip>
  )
}
