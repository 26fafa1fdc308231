/* SPDX-License-Identifier: MIT */
import type { TaskStatus } from '../../api/types'
import { percentText } from '../../format/percent'
import { useLanguage } from '../../i18n/useLanguage'

interface Props {
  percent: number
  status: TaskStatus
  label: string
}

export function ProgressBar({ percent, status, label }: Props) {
  const language = useLanguage()
  return (
    <div className="bar-row">
      <progress className={`bar bar-${status}`} max={100} value={percent} aria-label={label} />
      <span className="bar-percent" aria-hidden>
        {percentText(percent, language)}
      </span>
    </div>
  )
}
