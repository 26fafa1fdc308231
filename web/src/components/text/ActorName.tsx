/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import { useUserName } from '../../site/UserNamesContext'

/** Who did or owns something: a user's name, the system, or an account of the service's machine. */
export function ActorName({ id }: { id: string }) {
  const { t } = useTranslation()
  const name = useUserName(id)
  if (id === 'system') return <>{t('common.system')}</>
  if (id.startsWith('uid:')) return <>{t('common.localUser', { uid: id.slice(4) })}</>
  return <bdi title={id}>{name ?? <span className="mono">{id.slice(0, 8)}</span>}</bdi>
}
