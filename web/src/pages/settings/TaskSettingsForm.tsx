/* SPDX-License-Identifier: MIT */
import { Alert, App, Button, Form, InputNumber } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import { errorText } from '../../api/errors'
import type { TaskSettingField, TaskSettings } from '../../api/types'
import { useSession } from '../../auth/SessionContext'
import { storedValues, type Values } from './values'

interface Props {
  settings: TaskSettings
  fields: TaskSettingField[]
  onSaved: () => void
}

function useSave(onSaved: () => void) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)
  const save = async (values: Values) => {
    setBusy(true)
    setError('')
    try {
      await api.system.updateTaskSettings(values)
      void message.success(t('settings.saved'))
      onSaved()
    } catch (reason) {
      setError(t('settings.saveFailed', { reason: errorText(reason) }))
    } finally {
      setBusy(false)
    }
  }
  return { save, busy, error }
}

/* A setting this page has no words for is shown by its name. */
function Field({ field }: { field: TaskSettingField }) {
  const { t } = useTranslation()
  const { key, minimum: min, maximum: max, default_value: value } = field
  return (
    <Form.Item
      name={key}
      label={t(`settings.${key}`, { defaultValue: key })}
      extra={`${t(`settings.${key}_help`, { defaultValue: '' })} ${t('settings.default', { value })}`.trim()}
      rules={[{ required: true, type: 'integer', min, max, message: t('settings.range', { min, max }) }]}
    >
      <InputNumber className="settings-number" inputMode="numeric" controls={false} />
    </Form.Item>
  )
}

export function TaskSettingsForm({ settings, fields, onSaved }: Props) {
  const { t } = useTranslation()
  const { has } = useSession()
  const [form] = Form.useForm<Values>()
  const { save, busy, error } = useSave(onSaved)
  const stored = storedValues(settings, fields)
  const entered = Form.useWatch([], form) as Values | undefined
  const changed = entered !== undefined && Object.keys(stored).some((key) => entered[key] !== stored[key])
  const mayChange = has('system:settings:update')

  // By value: what is loaded again and is the same does not undo what is being entered.
  const storedText = JSON.stringify(stored)
  useEffect(() => form.setFieldsValue(JSON.parse(storedText) as Values), [form, storedText])

  return (
    <Form
      form={form}
      className="panel-pad settings"
      layout="vertical"
      requiredMark={false}
      disabled={!mayChange}
      initialValues={stored}
      onFinish={(values) => void save(values)}
    >
      <div role="alert">{error && <Alert type="error" showIcon message={error} className="form-error" />}</div>
      {fields.map((field) => (
        <Field key={field.key} field={field} />
      ))}
      {mayChange && (
        <div className="page-actions">
          <Button type="primary" htmlType="submit" loading={busy} disabled={!changed}>
            {t('settings.save')}
          </Button>
          <Button disabled={!changed || busy} onClick={() => form.setFieldsValue(stored)}>
            {t('settings.undo')}
          </Button>
        </div>
      )}
    </Form>
  )
}
