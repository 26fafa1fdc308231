/* SPDX-License-Identifier: MIT */
/* Pages to turn to around the current one. */
const around = 2

/** The first, the last, and those around the current one, in order; a gap of one page is filled. */
export function shownPages(current: number, last: number): number[] {
  const wanted = new Set([1, last])
  for (let page = current - around; page <= current + around; page += 1) if (page >= 1 && page <= last) wanted.add(page)
  const pages = [...wanted].sort((a, b) => a - b)
  return pages.flatMap((page, index) => (index > 0 && page - pages[index - 1] === 2 ? [page - 1, page] : [page]))
}
