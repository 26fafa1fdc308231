/* SPDX-License-Identifier: MIT */
import { Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import { useResource } from '../../hooks/useResource'

interface Props {
  value: string
  onChange: (creator: string) => void
}

function useMatchingUsers(open: boolean, keywords: string): string[] {
  const { data } = useResource(open ? keywords : null, (signal) =>
    api.authorization.listUsers({ current: 1, page_size: 20, keywords }, { signal }),
  )
  return (data?.data ?? []).map((user) => user.username)
}

/** Chooses a user by name; the service finds the users while one types. */
export function CreatorFilter({ value, onChange }: Props) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  const [keywords, setKeywords] = useState('')
  const users = useMatchingUsers(open, keywords)
  const options = [
    ...(keywords ? [] : [{ value: 'system', label: t('common.system') }]),
    ...users.map((name) => ({ value: name, label: name })),
  ]
  return (
    <Select
      aria-label={t('tasks.filterCreator')}
      value={value || undefined}
      placeholder={t('tasks.anyCreator')}
      allowClear
      showSearch
      filterOption={false}
      options={options}
      onOpenChange={setOpen}
      onSearch={setKeywords}
      onChange={(creator?: string) => onChange(creator ?? '')}
    />
  )
}
