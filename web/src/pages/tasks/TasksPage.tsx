/* SPDX-License-Identifier: MIT */
import { ReloadOutlined } from '@ant-design/icons'
import { Button, Skeleton } from 'antd'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Task } from '../../api/types'
import { useSession } from '../../auth/SessionContext'
import { Page } from '../../components/layout/Page'
import { Pager } from '../../components/Pager'
import { useRoomFor } from '../../components/Records'
import { EmptyState } from '../../components/state/EmptyState'
import { ErrorState } from '../../components/state/ErrorState'
import { useAskedTaskAction } from '../../components/task/useTaskActions'
import { BulkBar } from './BulkBar'
import { taskColumns } from './columns'
import { hasFilters, pageSizes, writeFilters, type TaskFilters } from './filters'
import { mostListed } from './matching'
import { TaskCards } from './TaskCards'
import { TaskFilterBar } from './TaskFilterBar'
import { TaskTable } from './TaskTable'
import { useSelection } from './useSelection'
import { useTaskFilters } from './useTaskFilters'
import { useTaskList, type TaskList } from './useTaskList'

const none: Task[] = []

function NoTasks({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation()
  return <EmptyState text={t(filtered ? 'tasks.emptyFiltered' : 'tasks.empty')}>{filtered ? null : t('tasks.emptyHint')}</EmptyState>
}

/* The rows, or what stands in their place. */
function Rows({ list, filters }: { list: TaskList; filters: TaskFilters }) {
  const { t } = useTranslation()
  const { has, isAdmin } = useSession()
  const actions = useAskedTaskAction(list.view)
  const columns = useMemo(() => taskColumns(t, isAdmin, actions), [t, isAdmin, actions])
  const tasks = list.data?.data ?? none
  const selection = useSelection(tasks, writeFilters({ ...filters, current: 1 }).toString())
  const selectable = (['cancel', 'retry', 'delete'] as const).some((name) => has(`task:${name}`))
  const narrow = !useRoomFor(columns, selectable)

  if (list.error !== undefined && !list.data) return <ErrorState error={list.error} onRetry={list.refresh} />
  if (!list.data) return <Skeleton active className="panel-pad" paragraph={{ rows: 10 }} />
  const offered = selectable ? selection : undefined
  return (
    <>
      {list.data.total === 0 && <NoTasks filtered={hasFilters(filters)} />}
      {list.data.total > 0 && narrow && <TaskCards tasks={tasks} actions={actions} selection={offered} />}
      {list.data.total > 0 && !narrow && <TaskTable tasks={tasks} columns={columns} busy={list.loading} selection={offered} />}
      <BulkBar
        selection={selection}
        view={list.view}
        filters={filters}
        total={list.data.total}
        wholePage={narrow || tasks.every((task) => selection.has(task.id))}
      />
    </>
  )
}

export default function TasksPage() {
  const { t } = useTranslation()
  const state = useTaskFilters()
  const { filters, update } = state
  const list = useTaskList(filters)
  const total = list.data?.total ?? 0
  return (
    <Page
      title={t('tasks.title')}
      actions={
        <Button icon={<ReloadOutlined />} onClick={list.refresh}>
          {t('common.refresh')}
        </Button>
      }
    >
      <div className="panel">
        <TaskFilterBar {...state} />
        <Rows list={list} filters={filters} />
        {total > 0 && (
          <Pager
            current={filters.current}
            pageSize={filters.pageSize}
            pageSizes={pageSizes}
            total={total}
            limit={mostListed}
            answered={list.data?.current ?? 0}
            onChange={(current, pageSize) => update({ current, pageSize })}
          />
        )}
      </div>
    </Page>
  )
}
