/* SPDX-License-Identifier: MIT */
import type { TFunction } from 'i18next'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import type { Task, TaskProcess, TaskProcesses } from '../../api/types'
import type { Column } from '../../components/DataTable'
import { Records } from '../../components/Records'
import { ErrorState } from '../../components/state/ErrorState'
import { PageLoading } from '../../components/state/PageLoading'
import { percentText } from '../../format/percent'
import { bytes } from '../../format/size'
import { duration } from '../../format/time'
import { usePoll } from '../../hooks/usePoll'
import { useResource } from '../../hooks/useResource'
import { useVisible } from '../../hooks/useVisible'
import { useLanguage } from '../../i18n/useLanguage'
import { doingText } from './doing'

export const processesPollMs = 2_000

/* Deeper trees are drawn as if they ended here. */
const deepest = 8

function Program({ process }: { process: TaskProcess }) {
  return (
    <div className={`process depth-${Math.min(process.depth, deepest)}`} title={process.command}>
      <strong>{process.name}</strong>
      {process.command && <div className="muted mono process-command">{process.command}</div>}
    </div>
  )
}

/* What it waits for, as far as the kernel says. */
function Waits({ process }: { process: TaskProcess }) {
  const { t } = useTranslation()
  const { waits_on, system_call, wait_channel } = process
  const where = [system_call, wait_channel].filter(Boolean).join(' · ')
  return (
    <>
      {t(`process.state.${process.state}`)}
      {waits_on && (
        <div className="muted cell-text">
          {t(`process.on.${waits_on.kind}`)} <span className="mono">{waits_on.target ?? `fd ${waits_on.fd}`}</span>
        </div>
      )}
      {!waits_on && where && <div className="muted mono">{where}</div>}
    </>
  )
}

function columnsOf(t: TFunction, language: string): Column<TaskProcess>[] {
  return [
    { key: 'name', title: t('process.program'), head: 1, cell: (process) => <Program process={process} /> },
    { key: 'pid', title: t('attempts.pid'), width: 90, end: true, cell: (process) => process.pid },
    { key: 'state', title: t('process.doing'), width: 240, cell: (process) => <Waits process={process} /> },
    { key: 'cpu', title: t('process.cpu'), width: 80, end: true, cell: (process) => percentText(process.cpu_percent, language) },
    { key: 'time', title: t('attempts.cpu'), width: 110, end: true, cell: (process) => duration(process.cpu_ms, language) },
    { key: 'memory', title: t('process.memory'), width: 110, end: true, cell: (process) => bytes(process.memory_bytes, language) },
    { key: 'threads', title: t('process.threads'), width: 90, end: true, cell: (process) => process.threads },
    { key: 'age', title: t('process.age'), width: 120, end: true, cell: (process) => duration(process.age_ms, language) },
  ]
}

const keyOf = (process: TaskProcess) => String(process.pid)

function Table({ data }: { data: TaskProcesses }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const columns = useMemo(() => columnsOf(t, language), [t, language])
  const total = data.total ?? data.processes.length
  if (data.processes.length === 0) return null
  return (
    <>
      <Records label={t('task.processes')} columns={columns} rows={data.processes} rowKey={keyOf} />
      {total > data.processes.length && <p className="muted panel-pad">{t('process.more', { count: total - data.processes.length })}</p>}
    </>
  )
}

/** What the processes of a running task are doing, asked for while it is looked at. */
export function Processes({ task }: { task: Task }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const visible = useVisible()
  const running = task.status === 'running'
  const { data, error, refresh } = useResource(`${task.id} ${task.attempt} ${task.status}`, (signal) =>
    api.tasks.getTaskProcesses({ id: task.id }, { signal }),
  )
  usePoll(refresh, running && visible ? processesPollMs : null)
  if (!data) return error === undefined ? <PageLoading /> : <ErrorState error={error} onRetry={refresh} />
  return (
    <>
      <div className="panel-pad process-summary">
        <p role="status">{running ? doingText(t, language, data) : t('process.none')}</p>
        {data.last_message_ms !== undefined && (
          <p className="muted">{t('process.lastWord', { time: duration(data.last_message_ms, language) })}</p>
        )}
      </div>
      <Table data={data} />
    </>
  )
}
