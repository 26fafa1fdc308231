/* SPDX-License-Identifier: MIT */
import { CloseCircleFilled, SearchOutlined } from '@ant-design/icons'
import { Input, type InputRef } from 'antd'
import { useCallback, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useDelayed } from '../hooks/useDelayed'
import { useShortcut } from '../hooks/useShortcut'

interface Props {
  value: string
  label: string
  hint?: string
  className?: string
  onSearch: (value: string) => void
}

/** Searches while one types; the key / goes there. */
export function SearchBox({ value, label, hint, className, onSearch }: Props) {
  const { t } = useTranslation()
  const input = useRef<InputRef>(null)
  const [draft, setDraft] = useDelayed(value, onSearch)
  useShortcut('/', useCallback(() => input.current?.focus({ cursor: 'all' }), []))
  return (
    <Input
      ref={input}
      className={className}
      value={draft}
      maxLength={200}
      allowClear={{ clearIcon: <CloseCircleFilled aria-label={t('common.clear')} /> }}
      prefix={<SearchOutlined aria-hidden />}
      placeholder={label}
      aria-label={label}
      title={hint}
      onChange={(event) => setDraft(event.target.value)}
      onPressEnter={() => onSearch(draft)}
    />
  )
}
