/* SPDX-License-Identifier: MIT */
import { UserOutlined } from '@ant-design/icons'
import { Button, Dropdown, Modal } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '../../auth/SessionContext'
import { useSignOut } from '../../auth/useSignOut'
import { PageLoading } from '../state/PageLoading'

const PasswordForm = lazy(() => import('../../auth/PasswordForm'))

export function UserMenu() {
  const { t } = useTranslation()
  const { user } = useSession()
  const signOut = useSignOut()
  const [changing, setChanging] = useState(false)
  if (!user) return null
  const items = [
    ...(user.disable_change_password ? [] : [{ key: 'password', label: t('header.changePassword'), onClick: () => setChanging(true) }]),
    { key: 'out', label: t('header.signOut'), onClick: signOut },
  ]
  return (
    <>
      <Dropdown autoFocus trigger={['click']} placement="bottomRight" menu={{ items }}>
        <Button type="text" icon={<UserOutlined />} aria-label={t('header.account', { name: user.username })} aria-haspopup="menu">
          <span className="user-name">{user.username}</span>
        </Button>
      </Dropdown>
      <Modal title={t('password.title')} open={changing} closable={{ 'aria-label': t('common.close') }} footer={null} destroyOnHidden onCancel={() => setChanging(false)}>
        <Suspense fallback={<PageLoading />}>
          <PasswordForm onDone={() => setChanging(false)} />
        </Suspense>
      </Modal>
    </>
  )
}
