// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** What axe finds wrong by WCAG 2.2 A and AA, one line each. The policy of the page does not bind what a debugger evaluates. */
export async function violations(page) {
  await page.evaluate(source)
  return page.evaluate(
    async (runOnly) => {
      const { violations: found } = await globalThis.axe.run('html', { runOnly })
      const line = (id, { html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 200)}`
      return found.flatMap(({ id, nodes }) => nodes.map((node) => line(id, node)))
    },
    tags,
  )
}
