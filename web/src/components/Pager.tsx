/* SPDX-License-Identifier: MIT */
/* Turns the pages of a list: buttons, so that a keyboard and a screen reader know what they are. */
import { LeftOutlined, RightOutlined } from '@ant-design/icons'
import { Button, Select } from 'antd'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { atMost } from '../format/count'
import { useIsNarrow } from '../hooks/useMediaQuery'
import { useLanguage } from '../i18n/useLanguage'
import { shownPages } from './shownPages'

interface Props {
  current: number
  pageSize: number
  pageSizes: number[]
  total: number
  /** Where counting stops: so many, or more. */
  limit?: number
  /** The page that the total came with: it may still be that of another list. */
  answered: number
  onChange: (current: number, pageSize: number) => void
}

function Numbers({ current, last, turn }: { current: number; last: number; turn: (page: number) => void }) {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <>
      {shownPages(current, last).map((page, index, pages) => (
        <span key={page} className="pager-part">
          {index > 0 && page - pages[index - 1] > 1 && <span className="muted">…</span>}
          <Button
            type={page === current ? 'primary' : 'text'}
            ghost={page === current}
            aria-label={t('common.page', { page: page.toLocaleString(language) })}
            aria-current={page === current ? 'page' : undefined}
            onClick={() => turn(page)}
          >
            {page.toLocaleString(language)}
          </Button>
        </span>
      ))}
    </>
  )
}

export function Pager({ current, pageSize, pageSizes, total, limit = Infinity, answered, onChange }: Props) {
  const { t } = useTranslation()
  const narrow = useIsNarrow()
  const language = useLanguage()
  const last = Math.max(1, Math.ceil(total / pageSize))
  /* An old address, or what was on the last page is gone: nothing would be shown there. */
  useEffect(() => {
    if (current === answered && current > last) onChange(last, pageSize)
  })
  const turn = (page: number) => page !== current && onChange(page, pageSize)
  const from = Math.min((current - 1) * pageSize + 1, total)
  const to = Math.min(current * pageSize, total)
  return (
    <nav className="pager" aria-label={t('common.pages')}>
      <span className="muted pager-total" role="status">
        {t('common.total', { from: from.toLocaleString(language), to: to.toLocaleString(language), total: atMost(total, limit, language) })}
      </span>
      {last > 1 && (
        <>
          <Button type="text" icon={<LeftOutlined />} title={t('common.previous')} aria-label={t('common.previous')} disabled={current <= 1} onClick={() => turn(current - 1)} />
          {!narrow && <Numbers current={current} last={last} turn={turn} />}
          <Button type="text" icon={<RightOutlined />} title={t('common.next')} aria-label={t('common.next')} disabled={current >= last} onClick={() => turn(current + 1)} />
        </>
      )}
      {!narrow && total > pageSizes[0] && (
        <Select
          aria-label={t('common.pageSize')}
          value={pageSize}
          options={pageSizes.map((size) => ({ value: size, label: t('common.perPage', { count: size }) }))}
          onChange={(size) => onChange(1, size)}
        />
      )}
    </nav>
  )
}
