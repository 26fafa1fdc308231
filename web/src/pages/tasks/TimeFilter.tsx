/* SPDX-License-Identifier: MIT */
import { Input, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { timePresets, type TimeChoice } from './filters'
import type { FilterState } from './useTaskFilters'

const choices = [...(Object.keys(timePresets) as (keyof typeof timePresets)[]), 'custom'] as const

function text(choice: (typeof choices)[number]) {
  return choice === 'custom' ? ('tasks.customTime' as const) : (`tasks.${choice}` as const)
}

/** When the task was created: one of the usual spans, or two moments. */
export function TimeFilter({ filters, update }: FilterState) {
  const { t } = useTranslation()
  return (
    <>
      <Select
        aria-label={t('tasks.filterTime')}
        value={filters.time || undefined}
        placeholder={t('tasks.anyTime')}
        allowClear
        options={choices.map((choice) => ({ value: choice, label: t(text(choice)) }))}
        onChange={(time?: TimeChoice) => update({ time: time ?? '' })}
      />
      {filters.time === 'custom' && (
        <>
          <Input
            className="filter-moment"
            type="datetime-local"
            prefix={<span aria-hidden>{t('tasks.from')}</span>}
            aria-label={t('tasks.from')}
            value={filters.from}
            onChange={(event) => update({ from: event.target.value })}
          />
          <Input
            className="filter-moment"
            type="datetime-local"
            prefix={<span aria-hidden>{t('tasks.to')}</span>}
            aria-label={t('tasks.to')}
            value={filters.to}
            onChange={(event) => update({ to: event.target.value })}
          />
        </>
      )}
    </>
  )
}
