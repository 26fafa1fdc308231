/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import type { Task } from '../../api/types'
import { percentText } from '../../format/percent'
import { timeLeft } from '../../format/progress'
import { isActive } from '../../format/task'
import { duration, span } from '../../format/time'
import { useNow } from '../../hooks/useNow'
import { useLanguage } from '../../i18n/useLanguage'
import { useNames } from '../../i18n/useNames'
import { ProgressBar } from './ProgressBar'

function TimeLeft({ task }: { task: Task }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const left = timeLeft(task, useNow())
  return left === null ? null : <span>{t('progress.left', { time: duration(left, language) })}</span>
}

function Took({ task }: { task: Task }) {
  const { t } = useTranslation()
  const language = useLanguage()
  if (!task.started_at || !task.finished_at) return null
  return <>{t('progress.took', { time: span(task.started_at, task.finished_at, 0, language) })}</>
}

/* The line below the bar is always there, so that rows keep their height. */
function Caption({ task }: { task: Task }) {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <div className="progress-caption" title={task.progress_text}>
      {task.status === 'running' && <TimeLeft task={task} />}
      {task.status === 'success' && <Took task={task} />}
      {task.status === 'failed' || task.status === 'cancelled' ? t('progress.reached', { percent: percentText(task.progress, language) }) : null}
      {isActive(task) && task.progress_text && <bdi className="progress-text">{task.progress_text}</bdi>}
      {'\u200b'}
    </div>
  )
}

/** How far the task got: bar, percent, what it says itself, and the time left. */
export function TaskProgress({ task }: { task: Task }) {
  const { t } = useTranslation()
  const names = useNames()
  return (
    <div className="progress">
      <ProgressBar percent={task.progress} status={task.status} label={t('progress.of', { type: names.type(task.type) })} />
      <Caption task={task} />
    </div>
  )
}
