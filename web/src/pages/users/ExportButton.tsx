/* SPDX-License-Identifier: MIT */
import { ExportOutlined } from '@ant-design/icons'
import { App, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import { errorText } from '../../api/errors'
import { useSession } from '../../auth/SessionContext'
import { useSite } from '../../site/SiteContext'

interface Props {
  keywords: string
  status: string
}

/** Starts an export of the filtered users. The task appears in the header, where its progress and its file are. */
export function ExportButton({ keywords, status }: Props) {
  const { t } = useTranslation()
  const { has } = useSession()
  const { addTask } = useSite()
  const { message } = App.useApp()
  const [busy, setBusy] = useState(false)
  if (!has('authorization:user:export')) return null

  const start = async () => {
    setBusy(true)
    try {
      addTask(await api.authorization.createUserExportTask({ keywords, status }))
    } catch (error) {
      void message.error(t('users.exportFailed', { reason: errorText(error) }))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button type="primary" icon={<ExportOutlined />} loading={busy} title={t('users.exportHint')} onClick={() => void start()}>
      {t('users.export')}
    </Button>
  )
}
