/* SPDX-License-Identifier: MIT */
import { Skeleton } from 'antd'
import { useTranslation } from 'react-i18next'

/** While the code or the data of a page are on their way. */
export function PageLoading() {
  const { t } = useTranslation()
  return (
    <div role="status" aria-label={t('app.loading')} className="page">
      <Skeleton active paragraph={{ rows: 8 }} />
    </div>
  )
}
