/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import type { ServiceStatus } from '../../api/types'
import { Fact } from '../../components/text/Fact'
import { duration } from '../../format/time'
import { useLanguage } from '../../i18n/useLanguage'

/** The service itself. */
export function Service({ status }: { status: ServiceStatus }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { database } = status
  return (
    <section className="panel panel-pad">
      <h2>{t('start.service')}</h2>
      <dl className="facts">
        <Fact name={t('start.version')}>{status.version}</Fact>
        <Fact name={t('start.node')}>{status.node}</Fact>
        <Fact name={t('start.uptime')}>{duration(status.uptime_seconds * 1000, language)}</Fact>
        <Fact name={t('start.types')}>{status.types}</Fact>
        <Fact name={t('start.database')}>
          {t(`start.databaseState.${database.state}`)}
          {database.detail && <div className="muted cell-text">{database.detail}</div>}
        </Fact>
      </dl>
    </section>
  )
}
