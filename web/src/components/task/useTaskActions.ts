/* SPDX-License-Identifier: MIT */
/* What can be done with one task, shown at once and taken back if the service refuses. */
import { App } from 'antd'
import { useCallback, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import { errorText } from '../../api/errors'
import type { Task } from '../../api/types'
import { cancelled, killed, paused, resumed, retried } from '../../format/task'

/** How a view shows changes. `null` as the new task: it is gone. */
export interface TaskView {
  replace: (id: string, task: Task | null) => void
  /** Puts back what was there, where it was. */
  restore: (task: Task) => void
  /** The service has done it: ask it how things stand now. */
  settled: (id: string) => void
}

/** What can be done with many tasks at once. */
export type BulkName = 'cancel' | 'retry' | 'delete'
export type ActionName = BulkName | 'pause' | 'resume' | 'kill'

const calls: Record<ActionName, (id: string, reason?: string) => Promise<unknown>> = {
  cancel: (id) => api.tasks.cancelTask({ id }),
  retry: (id) => api.tasks.retryTask({ id }),
  delete: (id) => api.tasks.deleteTask({ id }),
  pause: (id) => api.tasks.pauseTask({ id }),
  resume: (id) => api.tasks.resumeTask({ id }),
  kill: (id, reason) => api.tasks.killTask(reason ? { id, reason } : { id }),
}

const foreseen: Record<ActionName, (task: Task) => Task | null> = {
  cancel: cancelled,
  retry: retried,
  delete: () => null,
  pause: paused,
  resume: resumed,
  kill: killed,
}

/** Does it, without a word. Throws what the service says. */
export async function performAction(name: ActionName, task: Task, view: TaskView, reason?: string): Promise<void> {
  view.replace(task.id, foreseen[name](task))
  try {
    await calls[name](task.id, reason)
  } catch (error) {
    view.restore(task)
    throw error
  }
  view.settled(task.id)
}

export function useTaskAction(view: TaskView): (name: ActionName, task: Task, reason?: string) => Promise<boolean> {
  const { t } = useTranslation()
  const { message } = App.useApp()
  return useCallback(
    async (name, task, reason) => {
      try {
        await performAction(name, task, view, reason)
        return true
      } catch (error) {
        void message.error(t('action.failed', { action: t(`action.${name}`), reason: errorText(error) }))
        return false
      }
    },
    [t, message, view],
  )
}

/** The same, after asking where something is lost by it. */
export function useAskedTaskAction(view: TaskView, onDone?: (name: ActionName) => void) {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const act = useTaskAction(view)
  return useMemo(() => {
    const run = async (name: ActionName, task: Task, reason?: string) => {
      if (await act(name, task, reason)) onDone?.(name)
    }
    const cancel = (task: Task): void => {
      void modal.confirm({
        title: t('action.cancelAsk'),
        content: t(task.status === 'running' ? 'action.cancelRunning' : 'action.cancelPending'),
        okText: t('action.cancelYes'),
        okButtonProps: { danger: true },
        cancelText: t('action.keep'),
        onOk: () => void run('cancel', task),
      })
    }
    const remove = (task: Task): void => {
      void modal.confirm({
        title: t('action.deleteAsk'),
        content: [t('action.deleteText'), task.status === 'running' ? t('action.deleteRunning') : ''].join(' '),
        okText: t('action.deleteYes'),
        okButtonProps: { danger: true },
        cancelText: t('action.keep'),
        onOk: () => void run('delete', task),
      })
    }
    return {
      cancel,
      remove,
      retry: (task: Task) => void run('retry', task),
      pause: (task: Task) => void run('pause', task),
      resume: (task: Task) => void run('resume', task),
      /** Has been asked for already: why is part of the question. */
      kill: (task: Task, reason: string) => void run('kill', task, reason),
    }
  }, [t, modal, act, onDone])
}

export type AskedActions = ReturnType<typeof useAskedTaskAction>
