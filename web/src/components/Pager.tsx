/* SPDX-License-Identifier: MIT */
import { Pagination } from 'antd'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { atMost } from '../format/count'
import { useIsNarrow } from '../hooks/useMediaQuery'
import { useLanguage } from '../i18n/useLanguage'

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

export function Pager({ current, pageSize, pageSizes, total, limit = Infinity, answered, onChange }: Props) {
  const { t } = useTranslation()
  const narrow = useIsNarrow()
  const language = useLanguage()
  const last = Math.max(1, Math.ceil(total / pageSize))
  /* An old address, or what was on the last page is gone: nothing would be shown there. */
  useEffect(() => {
    if (current === answered && current > last) onChange(last, pageSize)
  })
  const text = (from: number, to: number) =>
    t('common.total', { from: from.toLocaleString(language), to: to.toLocaleString(language), total: atMost(total, limit, language) })
  return (
    <nav className="pager" aria-label={t('common.pages')}>
      <Pagination
        current={current}
        pageSize={pageSize}
        pageSizeOptions={pageSizes}
        total={total}
        simple={narrow}
        showSizeChanger={!narrow && total > pageSizes[0] ? { 'aria-label': t('common.pageSize') } : false}
        showTotal={narrow ? undefined : (_, [from, to]) => text(from, to)}
        onChange={onChange}
      />
    </nav>
  )
}
