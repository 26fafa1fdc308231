/* SPDX-License-Identifier: MIT */
import type { TaskStatus } from '../../api/types'

interface Props {
  percent: number
  status: TaskStatus
  label: string
}

export function ProgressBar({ percent, status, label }: Props) {
  return (
    <div className="bar-row">
      <progress className={`bar bar-${status}`} max={100} value={percent} aria-label={label} />
      <span className="bar-percent" aria-hidden>
        {percent} %
      </span>
    </div>
  )
}
