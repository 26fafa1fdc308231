/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'
import { NoticePage } from '../components/state/NoticePage'

export function NotFoundPage() {
  const { t } = useTranslation()
  return (
    <NoticePage title={t('state.notFoundTitle')} text={t('state.notFound')}>
      <Link to="/tasks">{t('state.toTasks')}</Link>
    </NoticePage>
  )
}
