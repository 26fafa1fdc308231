/* SPDX-License-Identifier: MIT */
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { useNames } from '../../i18n/useNames'
import { allKinds, kindGroups, type KindGroup } from './kinds'

interface Props {
  value: string
  onChange: (kind: string) => void
}

/** Chooses one of the events there are, by typing a part of its name or of its code. */
export function KindFilter({ value, onChange }: Props) {
  const { t } = useTranslation()
  const names = useNames()
  const option = (kind: string) => ({ value: kind, label: names.event(kind) })
  const groups = (Object.keys(kindGroups) as KindGroup[]).map((group) => ({
    label: t(`audit.group.${group}`),
    title: t(`audit.group.${group}`),
    options: kindGroups[group].map(option),
  }))
  /* An address may name one that we do not know. */
  const other = value && !allKinds.includes(value) ? [option(value)] : []
  const matches = (typed: string, { label, value: kind }: { label: string; value: string }) =>
    [label, kind].some((text) => text.toLowerCase().includes(typed.trim().toLowerCase()))
  return (
    <Select
      className="filter-wide"
      aria-label={t('audit.kind')}
      value={value || undefined}
      placeholder={t('audit.anyKind')}
      allowClear
      showSearch
      filterOption={(typed, candidate) => candidate !== undefined && 'value' in candidate && matches(typed, candidate as { label: string; value: string })}
      options={[...groups, ...other]}
      onChange={(kind?: string) => onChange(kind ?? '')}
    />
  )
}
