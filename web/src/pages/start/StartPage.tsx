/* SPDX-License-Identifier: MIT */
import { Alert, Skeleton } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Overview } from '../../api/types'
import { useSession } from '../../auth/SessionContext'
import { Page } from '../../components/layout/Page'
import { EmptyState } from '../../components/state/EmptyState'
import { ErrorState } from '../../components/state/ErrorState'
import { sumOf } from './figures'
import { LatestFailures } from './LatestFailures'
import { RunningTasks } from './RunningTasks'
import { Service } from './Service'
import { ThroughputChart } from './ThroughputChart'
import { Tiles } from './Tiles'
import { Types } from './Types'
import { useOverview, useService } from './useOverview'

function Throughput({ data }: { data: Overview | undefined }) {
  const { t } = useTranslation()
  const idle = data?.outcomes.every((hour) => sumOf(hour) === 0) ?? false
  return (
    <section className="panel panel-pad chart-panel">
      <h2>{t('start.throughput')}</h2>
      <p className="muted">{t('start.throughputText', { count: data?.outcomes.length ?? 24 })}</p>
      {!data && <Skeleton active />}
      {data && idle && <EmptyState text={t('start.noThroughput')} />}
      {data && !idle && <ThroughputChart hours={data.outcomes} />}
    </section>
  )
}

/** What an administrator sees first. */
export default function StartPage() {
  const { t } = useTranslation()
  const { has } = useSession()
  const { data, error, refresh } = useOverview()
  const service = useService(has('system:status:view'))
  return (
    <Page title={t('start.title')}>
      {!data && error !== undefined ? (
        <ErrorState error={error} onRetry={refresh} />
      ) : (
        <div className="stack">
          {data?.draining && <Alert type="warning" showIcon message={t('start.draining')} />}
          <Tiles data={data} />
          <Throughput data={data} />
          <div className="columns">
            <RunningTasks data={data} />
            <LatestFailures tasks={data?.failures} />
          </div>
          {data && <Types rows={data.types} />}
          {service && <Service status={service} />}
        </div>
      )}
    </Page>
  )
}
