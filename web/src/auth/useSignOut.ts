/* SPDX-License-Identifier: MIT */
import { App } from 'antd'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { errorText } from '../api/errors'
import { useSession } from './SessionContext'

/** Signs out, or says why not: whoever leaves must know that he is still signed in. */
export function useSignOut(): () => void {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const { signOut } = useSession()
  return useCallback(() => {
    signOut().catch((error: unknown) => void message.error(t('login.stillIn', { reason: errorText(error) })))
  }, [t, message, signOut])
}
