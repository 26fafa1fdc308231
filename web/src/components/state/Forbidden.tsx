/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import { Notice } from './Notice'

export function Forbidden() {
  const { t } = useTranslation()
  return <Notice title={t('state.forbiddenTitle')} text={t('state.forbidden')} />
}
