/* SPDX-License-Identifier: MIT */
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { errorText } from '../../api/errors'
import { Notice } from './Notice'

/** In place of what could not be loaded. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation()
  return (
    <Notice title={t('state.error')} text={errorText(error)}>
      <Button onClick={onRetry}>{t('common.retry')}</Button>
    </Notice>
  )
}
