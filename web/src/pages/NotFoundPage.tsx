/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'
import { Notice } from '../components/state/Notice'

export function NotFoundPage() {
  const { t } = useTranslation()
  return (
    <Notice title={t('state.notFoundTitle')} text={t('state.notFound')}>
      <Link to="/tasks">{t('state.toTasks')}</Link>
    </Notice>
  )
}
