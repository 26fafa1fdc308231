/* SPDX-License-Identifier: MIT */
import { CopyOutlined } from '@ant-design/icons'
import { App, Button } from 'antd'
import { useTranslation } from 'react-i18next'

/** An id with a button that copies it, where the browser allows that. */
export function CopyId({ id }: { id: string }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const copy = () => {
    navigator.clipboard.writeText(id).then(
      () => void message.success(t('common.copied')),
      () => undefined,
    )
  }
  return (
    <span className="copy-id">
      <span className="mono">{id}</span>
      {window.isSecureContext && (
        <Button type="text" size="small" icon={<CopyOutlined />} aria-label={t('common.copy')} title={t('common.copy')} onClick={copy} />
      )}
    </span>
  )
}
