/* SPDX-License-Identifier: MIT */
/* One action on many tasks: says how many first, works on a few at a time, and tells how it went. */
import { App } from 'antd'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { errorText } from '../../api/errors'
import type { Task } from '../../api/types'
import { performAction, type BulkName, type TaskView } from '../../components/task/useTaskActions'
import { atMost } from '../../format/count'
import { canCancel, canRetry } from '../../format/task'
import { useLanguage } from '../../i18n/useLanguage'
import { runAll, type BulkOutcome } from './bulkRun'
import type { TaskFilters } from './filters'
import { countMatching, fixedQuery, matching, mostListed, narrowed } from './matching'

const manner = { atATime: 4, patienceMs: 2_000, patience: 5 }
/* Reasons that are told one by one. */
const mostReasons = 5

const applies: Record<BulkName, (task: Task) => boolean> = {
  cancel: canCancel,
  retry: canRetry,
  delete: () => true,
}

/** The tasks of a selection that an action would change. */
export function applicable(name: BulkName, tasks: Task[]): Task[] {
  return tasks.filter(applies[name])
}

export interface BulkProgress {
  done: number
  /** May turn out to be more. */
  total: number
}

/** What is to be done: to how many, to which, and how many of those selected it leaves alone. */
interface Job {
  name: BulkName
  count: number
  skipped: number
  tasks: (signal: AbortSignal) => AsyncIterable<Task>
}

function Reasons({ outcome }: { outcome: BulkOutcome }) {
  const { t } = useTranslation()
  const reasons = [...outcome.reasons].sort(([, a], [, b]) => b - a)
  return (
    <>
      <p>{t('bulk.outcome', { count: outcome.done })}</p>
      <ul>
        {reasons.slice(0, mostReasons).map(([reason, count]) => (
          <li key={reason}>
            {t('bulk.reason', { count })} <span className="cell-text">{reason}</span>
          </li>
        ))}
      </ul>
    </>
  )
}

/* Says how it went: in passing if all is well, else until it has been read. */
function useReport() {
  const { t } = useTranslation()
  const { modal, message } = App.useApp()
  return useCallback(
    (outcome: BulkOutcome) => {
      if (outcome.failed > 0) modal.error({ title: t('bulk.failed', { count: outcome.failed }), content: <Reasons outcome={outcome} /> })
      else if (outcome.stopped) void message.info(t('bulk.stopped', { count: outcome.done }))
      else void message.success(t('bulk.done', { count: outcome.done }))
    },
    [t, modal, message],
  )
}

function useRun(view: TaskView, onDone: () => void) {
  const { message } = App.useApp()
  const report = useReport()
  const [progress, setProgress] = useState<BulkProgress | null>(null)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const run = useCallback(
    async ({ name, count, tasks }: Job) => {
      const controller = new AbortController()
      running.current = controller
      setProgress({ done: 0, total: count })
      const quiet: TaskView = { ...view, settled: () => undefined }
      const onStep = ({ done, failed }: BulkOutcome) => setProgress({ done: done + failed, total: Math.max(count, done + failed) })
      try {
        const act = (task: Task) => performAction(name, task, quiet)
        report(await runAll(tasks(controller.signal), act, { ...manner, signal: controller.signal, onStep }))
      } catch (error) {
        void message.error(errorText(error))
      }
      setProgress(null)
      view.settled('')
      onDone()
    },
    [view, onDone, report, message],
  )

  const stop = useCallback(() => running.current?.abort(), [])
  return { run, stop, progress }
}

export function useBulk(view: TaskView, onDone: () => void) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { modal, message } = App.useApp()
  const { run, stop, progress } = useRun(view, onDone)
  const [counting, setCounting] = useState(false)

  const confirm = useCallback(
    (job: Job) => {
      const { name, count, skipped } = job
      const formatted = atMost(count, mostListed, language)
      modal.confirm({
        title: t(`bulk.${name}Ask`, { count, formatted }),
        content: skipped > 0 ? t('bulk.skipped', { count: skipped }) : null,
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
      confirm({ name, count: tasks.length, skipped: selected.length - tasks.length, tasks: each })
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
      else confirm({ name, count, skipped: 0, tasks: (signal) => matching(query, signal) })
    },
    [t, confirm, message],
  )

  return { ask, askAll, stop, progress, counting }
}
