/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import type { Task } from '../../api/types'
import { DataTable, type Column, type RowSelection } from '../../components/DataTable'
import type { Selection } from './useSelection'

interface Props {
  tasks: Task[]
  columns: Column<Task>[]
  busy: boolean
  /** Absent if there is nothing that could be done with several tasks. */
  selection?: Selection
}

const keyOf = (task: Task) => task.id

/* Ticks of this page; those of other pages stay. */
function useRowSelection(tasks: Task[], selection: Selection | undefined): RowSelection<Task> | undefined {
  const { t } = useTranslation()
  if (!selection) return undefined
  const here = tasks.filter((task) => selection.has(task.id)).length
  const all = here === 0 ? 'none' : here === tasks.length ? 'all' : 'some'
  const others = selection.tasks.filter((ticked) => !tasks.some((task) => task.id === ticked.id))
  return {
    has: selection.has,
    toggle: selection.toggle,
    toggleAll: () => selection.set(all === 'all' ? others : [...others, ...tasks]),
    all,
    allLabel: t('tasks.selectAll'),
    label: (task) => t('tasks.select', { id: task.id.slice(0, 8) }),
  }
}

/** The list for wide screens. */
export function TaskTable({ tasks, columns, busy, selection }: Props) {
  const { t } = useTranslation()
  const rowSelection = useRowSelection(tasks, selection)
  return <DataTable label={t('tasks.table')} columns={columns} rows={tasks} rowKey={keyOf} busy={busy} selection={rowSelection} />
}
