/* SPDX-License-Identifier: MIT */
import { Pagination } from 'antd'
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
  onChange: (current: number, pageSize: number) => void
}

export function Pager({ current, pageSize, pageSizes, total, limit = Infinity, onChange }: Props) {
  const { t } = useTranslation()
  const narrow = useIsNarrow()
  const language = useLanguage()
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
