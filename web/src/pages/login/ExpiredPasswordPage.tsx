/* SPDX-License-Identifier: MIT */
import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import PasswordForm from '../../auth/PasswordForm'
import { useSession } from '../../auth/SessionContext'
import { useSignOut } from '../../auth/useSignOut'
import { LoginFrame } from './LoginFrame'

export default function ExpiredPasswordPage() {
  const { t } = useTranslation()
  const { reload } = useSession()
  const signOut = useSignOut()
  return (
    <LoginFrame title={t('password.title')}>
      <Alert type="info" message={t('password.expired')} className="form-error" />
      <PasswordForm onDone={reload} />
      <Button type="link" block onClick={signOut}>
        {t('header.signOut')}
      </Button>
    </LoginFrame>
  )
}
