/* SPDX-License-Identifier: MIT */
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { useSession } from '../../auth/SessionContext'
import type { BulkName, TaskView } from '../../components/task/useTaskActions'
import { atMost } from '../../format/count'
import { useLanguage } from '../../i18n/useLanguage'
import type { TaskFilters } from './filters'
import { mostListed } from './matching'
import { applicable, useBulk, type BulkProgress } from './useBulk'
import type { Selection } from './useSelection'

interface Props {
  selection: Selection
  view: TaskView
  filters: TaskFilters
  /** Of all pages. */
  total: number
  /** Nothing of this page is left to be ticked, or not easily. */
  wholePage: boolean
}

function Working({ progress, onStop }: { progress: BulkProgress; onStop: () => void }) {
  const { t } = useTranslation()
  const text = t('bulk.working', { ...progress })
  return (
    <>
      <span role="status">{text}</span>
      <progress className="bar bar-running bulk-bar" max={progress.total} value={progress.done} aria-label={text} />
      <Button onClick={onStop}>{t('bulk.stop')}</Button>
    </>
  )
}

const names = ['cancel', 'retry', 'delete'] as const

/** What can be done with all selected tasks, with the number of those that it would change. */
export function BulkBar({ selection, view, filters, total, wholePage }: Props) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { has } = useSession()
  const { ask, askAll, stop, progress, counting } = useBulk(view, selection.clear)
  const count = selection.tasks.length
  if (count === 0 && !progress) return null
  const all = { count: total, formatted: atMost(total, mostListed, language) }
  const text = selection.everything ? t('bulk.allSelected', all) : t('bulk.selected', { count })

  const button = (name: BulkName) => {
    const affected = applicable(name, selection.tasks).length
    const label = selection.everything ? t(`bulk.${name}All`) : t(`bulk.${name}`, { formatted: affected.toLocaleString(language) })
    const act = () => (selection.everything ? void askAll(name, filters) : ask(name, selection.tasks))
    return (
      <Button key={name} danger={name !== 'retry'} disabled={(affected === 0 && !selection.everything) || counting} onClick={act}>
        {label}
      </Button>
    )
  }
  return (
    <div className="bulk" role="group" aria-label={text}>
      {progress ? (
        <Working progress={progress} onStop={stop} />
      ) : (
        <>
          <span role="status">{text}</span>
          {wholePage && total > count && !selection.everything && (
            <Button type="link" className="link-flat" onClick={selection.selectEverything}>
              {t('bulk.selectAll', all)}
            </Button>
          )}
          {names.filter((name) => has(`task:${name}`)).map(button)}
          <Button type="text" onClick={selection.clear}>
            {t('bulk.clear')}
          </Button>
        </>
      )}
    </div>
  )
}
