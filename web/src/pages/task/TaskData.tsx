/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import type { Task } from '../../api/types'
import { Code } from '../../components/text/Code'

function Part({ title, text, nothing }: { title: string; text: string | undefined; nothing: string }) {
  return (
    <section>
      <h2>{title}</h2>
      {text ? <Code text={text} label={title} /> : <p className="muted">{nothing}</p>}
    </section>
  )
}

/** What went in and what came out. */
export function TaskData({ task }: { task: Task }) {
  const { t } = useTranslation()
  return (
    <div className="panel-pad stack">
      <Part title={t('task.result')} text={task.result} nothing={t('task.noResult')} />
      <Part title={t('task.payload')} text={task.payload} nothing={t('task.noPayload')} />
    </div>
  )
}
