import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

/** WCAG 2.2 A and AA, and best practice. */
const EVERYTHING = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** All that another colour scheme changes in the same document. */
const CONTRAST = ['color-contrast']

const require = createRequire(import.meta.url)
/** Half of what `axe.source` is, which the browser would read anew in every page. */
let script: Promise<string> | undefined
const minified = (): Promise<string> => {
  script ??= readFile(require.resolve('axe-core/axe.min.js'), 'utf8')
  return script
}

/** What axe finds wrong in the page as it now is: rule and where. */
export async function violations(page: Page, of: 'everything' | 'contrast' = 'everything'): Promise<string[]> {
  // The policy of the page allows no foreign script, so axe comes in through the debugger.
  if (await page.evaluate("typeof axe === 'undefined'")) {
    await page.evaluate(await minified())
  }
  const runOnly = JSON.stringify(of === 'everything' ? EVERYTHING : CONTRAST)
  const found = await page.evaluate<{ violations: { id: string; nodes: { target: string[] }[] }[] }>(
    `axe.run(document, { runOnly: ${runOnly}, resultTypes: ["violations"] })`,
  )
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}
