/* SPDX-License-Identifier: MIT */
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation, useNavigate, useParams } from 'react-router-dom'
import { ApiError } from '../../api/errors'
import type { Task } from '../../api/types'
import { Page } from '../../components/layout/Page'
import { ErrorState } from '../../components/state/ErrorState'
import { NoticePage } from '../../components/state/NoticePage'
import { PageLoading } from '../../components/state/PageLoading'
import { StatusTag } from '../../components/task/StatusTag'
import { Tabs } from '../../components/Tabs'
import { useAskedTaskAction, type ActionName } from '../../components/task/useTaskActions'
import { useNames } from '../../i18n/useNames'
import { Attempts } from './Attempts'
import { Processes } from './Processes'
import { TaskButtons } from './TaskButtons'
import { TaskData } from './TaskData'
import { TaskFacts } from './TaskFacts'
import { TaskLog } from './TaskLog'
import { Timeline } from './Timeline'
import { useTask, type WatchedTask } from './useTask'

const tabs = ['log', 'processes', 'attempts', 'timeline', 'data'] as const

function NoSuchTask() {
  const { t } = useTranslation()
  return (
    <NoticePage title={t('task.notFound')} text={t('task.notFoundText')}>
      <Link to="/tasks">{t('common.back')}</Link>
    </NoticePage>
  )
}

/* The chosen tab is part of the address. */
function TaskTabs({ task, changes }: { task: Task; changes: number }) {
  const { t } = useTranslation()
  const { hash } = useLocation()
  const navigate = useNavigate()
  /* Whatever changes these has left something new in the lists below. */
  const version = `${task.status} ${task.attempt} ${task.cancel_requested_at ?? ''} ${task.paused_at ?? ''} ${changes}`
  const content = {
    log: <TaskLog task={task} version={version} />,
    processes: <Processes task={task} />,
    attempts: <Attempts task={task} version={version} />,
    timeline: <Timeline task={task} version={version} />,
    data: <TaskData task={task} />,
  }
  const active = tabs.find((tab) => `#${tab}` === hash) ?? 'log'
  /* Without processes there is nothing to see there, but whoever is there stays. */
  const offered = tabs.filter((tab) => tab !== 'processes' || task.status === 'running' || active === 'processes')
  return (
    <Tabs
      label={t('task.title')}
      active={active}
      onChange={(key) => navigate({ hash: key }, { replace: true })}
      tabs={offered.map((key) => ({ key, label: t(`task.${key}`), content: content[key] }))}
    />
  )
}

function TaskDetails({ task, watched }: { task: Task; watched: WatchedTask }) {
  const names = useNames()
  const navigate = useNavigate()
  const leave = useCallback(
    (name: ActionName) => {
      if (name === 'delete') navigate('/tasks')
    },
    [navigate],
  )
  const actions = useAskedTaskAction(watched.view, leave)
  const name = names.type(task.type)
  return (
    <Page
      title={name}
      heading={
        <span className="heading-status">
          <bdi>{name}</bdi> <StatusTag task={task} />
        </span>
      }
      actions={<TaskButtons task={task} actions={actions} />}
    >
      <div className="stack">
        <TaskFacts task={task} />
        <TaskTabs task={task} changes={watched.changes} />
      </div>
    </Page>
  )
}

function WatchedTaskPage({ id }: { id: string }) {
  const watched = useTask(id)
  const { data, error, refresh } = watched
  const gone = error instanceof ApiError && error.isNotFound
  if (gone) return <NoSuchTask />
  if (data) return <TaskDetails task={data} watched={watched} />
  return error === undefined ? <PageLoading /> : <ErrorState error={error} onRetry={refresh} />
}

export default function TaskPage() {
  const { id = '' } = useParams()
  return <WatchedTaskPage key={id} id={id} />
}
