/* SPDX-License-Identifier: MIT */
import {
  CheckCircleOutlined,
  ClockCircleOutlined,
  CloseCircleOutlined,
  LoadingOutlined,
  PauseCircleOutlined,
  StopOutlined,
} from '@ant-design/icons'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Task, TaskStatus } from '../../api/types'

const icons: Record<TaskStatus, ReactNode> = {
  pending: <ClockCircleOutlined aria-hidden />,
  running: <LoadingOutlined aria-hidden />,
  success: <CheckCircleOutlined aria-hidden />,
  failed: <CloseCircleOutlined aria-hidden />,
  cancelled: <StopOutlined aria-hidden />,
}

type Shown = Pick<Task, 'status' | 'cancel_requested_at' | 'paused_at'>

/* A running task that is being ended or is paused is shown as that. */
function wordOf(task: Shown): TaskStatus | 'cancelling' | 'paused' {
  if (task.status !== 'running') return task.status
  if (task.cancel_requested_at) return 'cancelling'
  return task.paused_at ? 'paused' : 'running'
}

/** The status by word, icon and colour. */
export function StatusTag({ task }: { task: Shown }) {
  const { t } = useTranslation()
  const word = wordOf(task)
  return (
    <span className={`status status-${word === 'paused' ? 'pending' : task.status}`}>
      {word === 'paused' ? <PauseCircleOutlined aria-hidden /> : icons[task.status]} {t(`status.${word}`)}
    </span>
  )
}
