/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import { NoticePage } from './NoticePage'

export function Forbidden() {
  const { t } = useTranslation()
  return <NoticePage title={t('state.forbiddenTitle')} text={t('state.forbidden')} />
}
