/* SPDX-License-Identifier: MIT */
import { CloseOutlined, DeleteOutlined, PauseOutlined, PlayCircleOutlined, RedoOutlined, ThunderboltOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Task } from '../../api/types'
import { useSession } from '../../auth/SessionContext'
import type { AskedActions } from '../../components/task/useTaskActions'
import { canCancel, canKill, canPause, canResume, canRetry, isActive } from '../../format/task'
import { KillDialog } from './KillDialog'

interface Props {
  task: Task
  actions: AskedActions
}

function PauseButton({ task, actions }: Props) {
  const { t } = useTranslation()
  if (canResume(task)) {
    return (
      <Button icon={<PlayCircleOutlined />} onClick={() => actions.resume(task)}>
        {t('action.resume')}
      </Button>
    )
  }
  return canPause(task) ? (
    <Button icon={<PauseOutlined />} onClick={() => actions.pause(task)}>
      {t('action.pause')}
    </Button>
  ) : null
}

function KillButton({ task, actions }: Props) {
  const { t } = useTranslation()
  const [asking, setAsking] = useState(false)
  if (!canKill(task)) return null
  return (
    <>
      <Button danger icon={<ThunderboltOutlined />} onClick={() => setAsking(true)}>
        {t('action.kill')}
      </Button>
      <KillDialog open={asking} onClose={() => setAsking(false)} onKill={(reason) => actions.kill(task, reason)} />
    </>
  )
}

export function TaskButtons({ task, actions }: Props) {
  const { t } = useTranslation()
  const { has } = useSession()
  return (
    <>
      {has('task:pause') && <PauseButton task={task} actions={actions} />}
      {has('task:cancel') && isActive(task) && (
        <Button icon={<CloseOutlined />} disabled={!canCancel(task)} onClick={() => actions.cancel(task)}>
          {t('action.cancel')}
        </Button>
      )}
      {has('task:kill') && <KillButton task={task} actions={actions} />}
      {has('task:retry') && canRetry(task) && (
        <Button icon={<RedoOutlined />} onClick={() => actions.retry(task)}>
          {t('action.retry')}
        </Button>
      )}
      {has('task:delete') && (
        <Button danger icon={<DeleteOutlined />} onClick={() => actions.remove(task)}>
          {t('action.delete')}
        </Button>
      )}
    </>
  )
}
