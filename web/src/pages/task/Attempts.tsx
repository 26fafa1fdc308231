/* SPDX-License-Identifier: MIT */
import type { TFunction } from 'i18next'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import type { Task, TaskAttempt } from '../../api/types'
import type { Column } from '../../components/DataTable'
import { Records } from '../../components/Records'
import { EmptyState } from '../../components/state/EmptyState'
import { ErrorState } from '../../components/state/ErrorState'
import { PageLoading } from '../../components/state/PageLoading'
import { RelativeTime } from '../../components/text/RelativeTime'
import { percentText } from '../../format/percent'
import { bytes } from '../../format/size'
import { duration, span } from '../../format/time'
import { useNow } from '../../hooks/useNow'
import { useResource } from '../../hooks/useResource'
import { useLanguage } from '../../i18n/useLanguage'

function Outcome({ attempt }: { attempt: TaskAttempt }) {
  const { t } = useTranslation()
  const parts = [t(attempt.cause ? `attempts.cause.${attempt.cause}` : 'attempts.running')]
  if (attempt.exit_status) parts.push(t('attempts.exit', { status: attempt.exit_status }))
  if (attempt.signal) parts.push(t('attempts.signal', { signal: attempt.signal }))
  return (
    <>
      {parts.join(t('receipt.comma'))}
      {attempt.error && <div className="muted cell-text" dir="auto">{attempt.error}</div>}
    </>
  )
}

function Duration({ attempt }: { attempt: TaskAttempt }) {
  const language = useLanguage()
  const now = useNow()
  return <>{span(attempt.started_at, attempt.finished_at, now, language)}</>
}

function columnsOf(t: TFunction, language: string): Column<TaskAttempt>[] {
  return [
    { key: 'number', title: t('attempts.number'), width: 90, cell: (attempt) => attempt.attempt },
    { key: 'outcome', title: t('attempts.outcome'), least: 260, head: 1, cell: (attempt) => <Outcome attempt={attempt} /> },
    { key: 'started', title: t('attempts.started'), width: 130, cell: (attempt) => <RelativeTime value={attempt.started_at} /> },
    { key: 'duration', title: t('attempts.duration'), width: 110, cell: (attempt) => <Duration attempt={attempt} /> },
    { key: 'progress', title: t('attempts.progress'), width: 90, cell: (attempt) => percentText(attempt.progress, language) },
    { key: 'cpu', title: t('attempts.cpu'), width: 110, cell: (attempt) => duration(attempt.cpu_seconds * 1000, language) },
    { key: 'memory', title: t('attempts.memory'), width: 110, cell: (attempt) => bytes(attempt.peak_memory_bytes, language) },
    { key: 'node', title: t('attempts.node'), width: 130, cell: (attempt) => attempt.node },
    { key: 'pid', title: t('attempts.pid'), width: 90, cell: (attempt) => attempt.pid },
  ]
}

const keyOf = (attempt: TaskAttempt) => String(attempt.attempt)

/** Each execution of the task. */
export function Attempts({ task, version }: { task: Task; version: string }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { data, error, refresh } = useResource(`${task.id} ${version}`, (signal) =>
    api.tasks.listTaskAttempts({ id: task.id }, { signal }),
  )
  const columns = useMemo(() => columnsOf(t, language), [t, language])
  if (!data) return error === undefined ? <PageLoading /> : <ErrorState error={error} onRetry={refresh} />
  if (data.length === 0) return <EmptyState text={t('attempts.empty')} />
  return <Records label={t('task.attempts')} columns={columns} rows={data} rowKey={keyOf} />
}
