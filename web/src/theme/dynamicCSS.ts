/* SPDX-License-Identifier: MIT */
/* Stands in for rc-util's module of the same name (see vite.config.ts): the styles that Ant Design makes at run time become
   constructed style sheets, which a policy of `style-src 'self'` allows, where <style> elements are inline styles. */

interface Options {
  prepend?: boolean | 'queue'
  priority?: number
}

interface Entry {
  key: string
  rank: number
  sheet: CSSStyleSheet
}

const entries: Entry[] = []
let anonymous = 0

/* What is prepended comes first, by priority; the rest follows in the order of arrival. */
function rankOf({ prepend, priority = 0 }: Options): number {
  return prepend ? priority : Number.POSITIVE_INFINITY
}

function adopt(): void {
  const ours = new Set(entries.map((entry) => entry.sheet))
  const others = document.adoptedStyleSheets.filter((sheet) => !ours.has(sheet))
  document.adoptedStyleSheets = [...entries.map((entry) => entry.sheet), ...others]
}

/* Callers mark the element they get; it is never part of the page. */
function token(): HTMLStyleElement {
  return document.createElement('style')
}

export function updateCSS(css: string, key: string, options: Options = {}): HTMLStyleElement {
  const existing = entries.find((entry) => entry.key === key)
  if (existing) {
    existing.sheet.replaceSync(css)
    return token()
  }
  const entry = { key, rank: rankOf(options), sheet: new CSSStyleSheet() }
  entry.sheet.replaceSync(css)
  const behind = entries.findIndex((other) => other.rank > entry.rank)
  entries.splice(behind < 0 ? entries.length : behind, 0, entry)
  adopt()
  return token()
}

export function injectCSS(css: string, options: Options = {}): HTMLStyleElement {
  anonymous += 1
  return updateCSS(css, `anonymous-${anonymous}`, options)
}

export function removeCSS(key: string): void {
  const index = entries.findIndex((entry) => entry.key === key)
  if (index < 0) return
  const [gone] = entries.splice(index, 1)
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== gone.sheet)
}

export function clearContainerCache(): void {
  /* There are no containers here. */
}
