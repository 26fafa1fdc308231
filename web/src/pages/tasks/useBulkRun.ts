/* SPDX-License-Identifier: MIT */
/* Runs one action on many tasks, a few at a time, and tells how far it is: not at each step, as there may be a hundred a second. */
import { App } from 'antd'
import { useCallback, useEffect, useRef, useState } from 'react'
import { errorText, isAborted } from '../../api/errors'
import type { Task } from '../../api/types'
import { performAction, type BulkName, type TaskView } from '../../components/task/useTaskActions'
import { usePoll } from '../../hooks/usePoll'
import { useBulkReport } from './BulkReport'
import { runAll, untouched, type BulkOutcome } from './bulkRun'
import type { OnFound } from './matching'

const manner = { atATime: 4, patienceMs: 2_000, patience: 5 }
const tellMs = 200
/* How often the list is loaded anew while all that match it are being worked on. */
const reloadMs = 3_000

export interface BulkProgress {
  /** How many have been found; nothing is done before all are. */
  found: number
  done: number
  /** May turn out to be more. */
  total: number
}

/** What is to be done: to how many, to which, and how many of those selected it leaves alone. */
export interface BulkJob {
  name: BulkName
  count: number
  skipped: number
  /** All that match the list's filter: its rows are not changed one by one, or the page would be empty soon. */
  everything: boolean
  tasks: (signal: AbortSignal, onFound: OnFound) => AsyncIterable<Task>
}

/* A window that is closed would leave the rest as it is. */
function useWarning(active: boolean) {
  useEffect(() => {
    if (!active) return undefined
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
  }, [active])
}

/** The newest progress, shown a few times a second. */
function useProgress() {
  const [shown, setShown] = useState<BulkProgress | null>(null)
  const newest = useRef<BulkProgress | null>(null)
  const show = useCallback((progress: BulkProgress | null) => {
    newest.current = progress
    setShown((old) => (progress === null || old === null ? progress : old))
  }, [])
  usePoll(() => setShown(newest.current), shown ? tellMs : null)
  return { progress: shown, show }
}

export function useBulkRun(view: TaskView, onDone: () => void) {
  const { message } = App.useApp()
  const report = useBulkReport()
  const { progress, show } = useProgress()
  const [reloading, setReloading] = useState(false)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  useWarning(progress !== null)
  usePoll(() => view.settled(''), reloading ? reloadMs : null)

  const run = useCallback(
    async ({ name, count, everything, tasks }: BulkJob) => {
      const controller = new AbortController()
      running.current = controller
      let found = 0
      const onFound = (sofar: number) => {
        found = sofar
        show({ found, done: 0, total: Math.max(count, found) })
      }
      const onStep = ({ done, failed }: BulkOutcome) => show({ found, done: done + failed, total: Math.max(count, done + failed) })
      const nothing = () => undefined
      const quiet: TaskView = everything ? { replace: nothing, restore: nothing, settled: nothing } : { ...view, settled: nothing }
      show({ found, done: 0, total: count })
      setReloading(everything)
      try {
        const act = (task: Task) => performAction(name, task, quiet)
        report(await runAll(tasks(controller.signal, onFound), act, { ...manner, signal: controller.signal, onStep }))
      } catch (error) {
        if (isAborted(error)) report({ ...untouched(), stopped: true })
        else void message.error(errorText(error))
      }
      show(null)
      setReloading(false)
      view.settled('')
      onDone()
    },
    [view, onDone, report, message, show],
  )

  const stop = useCallback(() => running.current?.abort(), [])
  return { run, stop, progress }
}
