/* SPDX-License-Identifier: MIT */
import { DownloadOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { addressOf } from '../../api/client'
import type { Task } from '../../api/types'

interface Props {
  task: Task
  /** With the name of the file beside the icon. */
  named?: boolean
}

/** A plain link: the session's cookie goes with it. */
export function DownloadLink({ task, named = false }: Props) {
  const { t } = useTranslation()
  const name = task.artifact_file_name ?? ''
  const label = t('recent.download', { name })
  return (
    <Button
      type={named ? 'link' : 'text'}
      className={named ? 'link-flat' : undefined}
      href={addressOf('getFile', { key: task.artifact_file_key }, { method: 'download' })}
      icon={<DownloadOutlined />}
      aria-label={label}
      title={label}
    >
      {named ? <bdi>{name}</bdi> : null}
    </Button>
  )
}
