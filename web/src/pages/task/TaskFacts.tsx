/* SPDX-License-Identifier: MIT */
import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Task } from '../../api/types'
import { DownloadLink } from '../../components/task/DownloadLink'
import { TaskProgress } from '../../components/task/TaskProgress'
import { ActorName } from '../../components/text/ActorName'
import { CopyId } from '../../components/text/CopyId'
import { ExactTime } from '../../components/text/ExactTime'
import { Fact } from '../../components/text/Fact'
import { span } from '../../format/time'
import { useNow } from '../../hooks/useNow'
import { useLanguage } from '../../i18n/useLanguage'

function Duration({ task }: { task: Task }) {
  const language = useLanguage()
  const now = useNow()
  return <>{span(task.started_at, task.finished_at, now, language)}</>
}

function Moments({ task }: { task: Task }) {
  const { t } = useTranslation()
  return (
    <>
      <Fact name={t('task.created')}>
        <ExactTime value={task.created_at} />
      </Fact>
      <Fact name={t('task.started')}>{task.started_at ? <ExactTime value={task.started_at} /> : '–'}</Fact>
      <Fact name={t('task.finished')}>{task.finished_at ? <ExactTime value={task.finished_at} /> : '–'}</Fact>
      <Fact name={t('task.duration')}>{task.started_at ? <Duration task={task} /> : '–'}</Fact>
      {task.due_at && (
        <Fact name={t('task.due')}>
          <ExactTime value={task.due_at} />
        </Fact>
      )}
      {task.paused_at && (
        <Fact name={t('task.pausedSince')}>
          <ExactTime value={task.paused_at} />
        </Fact>
      )}
      {task.cancel_requested_at && (
        <Fact name={t('task.cancelRequested')}>
          <ExactTime value={task.cancel_requested_at} />
        </Fact>
      )}
    </>
  )
}

/** Progress, error, and everything that is one line. */
export function TaskFacts({ task }: { task: Task }) {
  const { t } = useTranslation()
  return (
    <div className="panel panel-pad stack task-facts">
      {task.status !== 'success' && <TaskProgress task={task} />}
      {task.error && <Alert type={task.status === 'cancelled' ? 'warning' : 'error'} showIcon message={<div className="cell-text" dir="auto">{task.error}</div>} />}
      <dl className="facts">
        <Moments task={task} />
        <Fact name={t('task.creator')}>
          <ActorName id={task.creator_id} />
        </Fact>
        <Fact name={t('task.retries')}>
          {t('task.retriesText', { manual: task.retry_count, auto: task.auto_retry_count, max: task.max_retries })}
        </Fact>
        <Fact name={t('task.id')}>
          <CopyId id={task.id} />
        </Fact>
        {task.artifact_file_key && (
          <Fact name={t('task.artifact')}>
            <DownloadLink task={task} named />
          </Fact>
        )}
      </dl>
    </div>
  )
}
