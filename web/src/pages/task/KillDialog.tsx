/* SPDX-License-Identifier: MIT */
import { Input, Modal } from 'antd'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'

/* As the service takes it. */
const longestReason = 500

interface Props {
  open: boolean
  onClose: () => void
  onKill: (reason: string) => void
}

/** Asks before a task is killed, and why. */
export function KillDialog({ open, onClose, onKill }: Props) {
  const { t } = useTranslation()
  const id = useId()
  const [reason, setReason] = useState('')
  const kill = () => {
    onKill(reason.trim().replace(/\s+/g, ' '))
    setReason('')
    onClose()
  }
  return (
    <Modal
      title={t('kill.ask')}
      open={open}
      closable={{ 'aria-label': t('common.close') }}
      okText={t('kill.yes')}
      okButtonProps={{ danger: true }}
      cancelText={t('action.keep')}
      onOk={kill}
      onCancel={onClose}
      destroyOnHidden
    >
      <p>{t('kill.text')}</p>
      <label htmlFor={id}>{t('kill.reason')}</label>
      <Input.TextArea id={id} rows={2} maxLength={longestReason} value={reason} onChange={(event) => setReason(event.target.value)} />
      <p className="muted">{t('kill.reasonHint')}</p>
    </Modal>
  )
}
