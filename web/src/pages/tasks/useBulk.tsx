/* SPDX-License-Identifier: MIT */
/* One action on many tasks: says how many first, works on a few at a time, and tells how it went. */
import { App } from 'antd'
import { useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { errorText } from '../../api/errors'
import type { Task } from '../../api/types'
import type { BulkName, TaskView } from '../../components/task/useTaskActions'
import { atMost } from '../../format/count'
import { canCancel, canRetry } from '../../format/task'
import { useLanguage } from '../../i18n/useLanguage'
import type { TaskFilters } from './filters'
import { countMatching, fixedQuery, list, matching, mostListed, narrowed } from './matching'
import { useBulkRun, type BulkJob } from './useBulkRun'

const applies: Record<BulkName, (task: Task) => boolean> = {
  cancel: canCancel,
  retry: canRetry,
  delete: () => true,
}

/** The tasks of a selection that an action would change. */
export function applicable(name: BulkName, tasks: Task[]): Task[] {
  return tasks.filter(applies[name])
}

export function useBulk(view: TaskView, onDone: () => void) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { modal, message } = App.useApp()
  const { run, stop, progress } = useBulkRun(view, onDone)
  const [counting, setCounting] = useState(false)

  const confirm = useCallback(
    (job: BulkJob) => {
      const { name, count, skipped } = job
      const formatted = atMost(count, mostListed, language)
      modal.confirm({
        title: t(`bulk.${name}Ask`, { count, formatted }),
        content: (
          <>
            {name !== 'retry' && <p>{t(`bulk.${name}Text`)}</p>}
            {skipped > 0 && <p>{t('bulk.skipped', { count: skipped })}</p>}
          </>
        ),
        okText: t(`bulk.${name}`, { formatted }),
        okButtonProps: { danger: name !== 'retry' },
        cancelText: t('action.keep'),
        onOk: () => void run(job),
      })
    },
    [t, language, modal, run],
  )

  const ask = useCallback(
    (name: BulkName, selected: Task[]) => {
      const tasks = applicable(name, selected)
      async function* each() {
        yield* await Promise.resolve(tasks)
      }
      confirm({ name, count: tasks.length, skipped: selected.length - tasks.length, everything: false, tasks: each })
    },
    [confirm],
  )

  /** All that match the filter, on whatever page. */
  const askAll = useCallback(
    async (name: BulkName, filters: TaskFilters) => {
      const fitting = narrowed(name, filters)
      const query = fitting && fixedQuery(fitting, Date.now())
      setCounting(true)
      const count = query ? await countMatching(query, new AbortController().signal).catch(errorText) : 0
      setCounting(false)
      if (typeof count === 'string') void message.error(count)
      else if (!query || count === 0) void message.info(t('bulk.nothing'))
      else confirm({ name, count, skipped: 0, everything: true, tasks: (signal, onFound) => matching(query, signal, list, onFound) })
    },
    [t, confirm, message],
  )

  return { ask, askAll, stop, progress, counting }
}
