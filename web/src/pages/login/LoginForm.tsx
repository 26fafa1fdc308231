/* SPDX-License-Identifier: MIT */
import { Alert, Button, Form, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, errorText } from '../../api/errors'
import { useSession } from '../../auth/SessionContext'

interface Values {
  username: string
  password: string
}

export function LoginForm() {
  const { t } = useTranslation()
  const { signIn } = useSession()
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)

  const submit = async ({ username, password }: Values) => {
    setBusy(true)
    setError('')
    try {
      await signIn(username, password)
    } catch (reason) {
      const network = reason instanceof ApiError && reason.kind === 'network'
      setError(network ? t('state.networkError') : errorText(reason))
      setBusy(false)
    }
  }

  return (
    <Form layout="vertical" requiredMark={false} onFinish={(values: Values) => void submit(values)}>
      <div role="alert">{error && <Alert type="error" showIcon message={error} className="form-error" />}</div>
      <Form.Item name="username" label={t('login.username')} rules={[{ required: true, message: t('login.usernameMissing') }]}>
        <Input autoComplete="username" autoFocus autoCapitalize="none" />
      </Form.Item>
      <Form.Item name="password" label={t('login.password')} rules={[{ required: true, message: t('login.passwordMissing') }]}>
        <Input.Password autoComplete="current-password" />
      </Form.Item>
      <Button type="primary" htmlType="submit" block loading={busy}>
        {t('login.submit')}
      </Button>
    </Form>
  )
}
