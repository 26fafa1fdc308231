/* SPDX-License-Identifier: MIT */
/* How one action on many tasks went. */
import { App } from 'antd'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { BulkOutcome } from './bulkRun'

/* Reasons that are told one by one. */
const mostReasons = 5

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
export function useBulkReport() {
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
