/* SPDX-License-Identifier: MIT */
import { Alert, App, Button, Form, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../api/client'
import { errorText } from '../api/errors'

interface Values {
  old_password: string
  new_password: string
  again: string
}

/** Changes one's own password. */
export default function PasswordForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)

  const submit = async ({ old_password, new_password }: Values) => {
    setBusy(true)
    setError('')
    try {
      await api.authorization.changeOwnPassword({ old_password, new_password })
      void message.success(t('password.done'))
      onDone()
    } catch (reason) {
      setError(errorText(reason))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Form layout="vertical" requiredMark={false} onFinish={(values: Values) => void submit(values)}>
      <div role="alert">{error && <Alert type="error" showIcon message={error} className="form-error" />}</div>
      <Form.Item name="old_password" label={t('password.old')} rules={[{ required: true, message: t('password.oldMissing') }]}>
        <Input.Password autoComplete="current-password" autoFocus />
      </Form.Item>
      <Form.Item name="new_password" label={t('password.new')} rules={[{ required: true, min: 8, message: t('password.tooShort') }]}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Form.Item
        name="again"
        label={t('password.again')}
        dependencies={['new_password']}
        rules={[
          ({ getFieldValue }) => ({
            validator: (_, value: string) =>
              value === getFieldValue('new_password') ? Promise.resolve() : Promise.reject(new Error(t('password.differs'))),
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Button type="primary" htmlType="submit" block loading={busy}>
        {t('password.save')}
      </Button>
    </Form>
  )
}
