/* SPDX-License-Identifier: MIT */
import { KeyOutlined } from '@ant-design/icons'
import { App, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import { errorText } from '../../api/errors'
import type { User } from '../../api/types'

/** Has a user choose another password at his next sign-in. */
export function ExpireButton({ user, onDone }: { user: User; onDone: () => void }) {
  const { t } = useTranslation()
  const { message, modal } = App.useApp()
  const name = user.username

  const expire = async () => {
    try {
      await api.authorization.updateUser({ id: user.id, status: 'password_expired' })
      void message.success(t('users.expireDone', { name }))
      onDone()
    } catch (error) {
      void message.error(t('users.expireFailed', { reason: errorText(error) }))
    }
  }
  const ask = () =>
    void modal.confirm({
      title: t('users.expireAsk', { name }),
      content: t('users.expireText'),
      okText: t('users.expireYes'),
      cancelText: t('users.keep'),
      onOk: expire,
    })
  return <Button type="text" icon={<KeyOutlined />} title={t('users.expire')} aria-label={t('users.expireOf', { name })} onClick={ask} />
}
