import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { violations } from '../../support/axe.ts'
import { startChromiumShell } from '../../support/chromium.ts'

/** The hub's page on a technician's phone, and all that a secret could be found in afterwards. */

/** Screenshots, outside git. */
const OUTPUT = join(import.meta.dirname, '../../../test-output/visit')
const PHONE = { width: 390, height: 844 }

export interface Phone {
  readonly page: Page
  /** URLs of other machines that the page has asked. */
  readonly outside: string[]
  /** Errors that no code of the page has caught. */
  readonly faults: string[]
  /** Keeps what is to be seen as NAME.png, after a look whether a secret is to be seen. */
  shoot(name: string): Promise<void>
  /** Secrets that are in the page, its fields, its address and history, its storage, in URLs or on the console. */
  leaks(): Promise<string[]>
  /** Violations that axe finds in the page as it now is. */
  violations(): Promise<string[]>
}

/** Everything a script, a person with the phone, or a backup of it could read. Cookies of the server are HttpOnly. */
const READABLE = `JSON.stringify([
  document.documentElement.outerHTML, document.body.innerText, document.title, location.href, document.cookie,
  [...document.querySelectorAll('input, textarea')].map((field) => field.value),
  { ...localStorage }, { ...sessionStorage }, history.state, performance.getEntries().map(({ name }) => name),
])`

/** @param secrets typed or shown during the test; none may stay */
export async function aPhone(url: string, secrets: readonly string[]): Promise<Phone> {
  const browser = await startChromiumShell()
  // A page of a hub proves itself by a fingerprint, which no browser knows.
  const page = await browser.newPage({ viewport: PHONE, ignoreHTTPSErrors: true })
  const [outside, faults, said]: [string[], string[], string[]] = [[], [], []]
  page.on('request', (request) => {
    said.push(request.url())
    if (!request.url().startsWith(url)) outside.push(request.url())
  })
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => said.push(message.text()))
  await page.goto(url)
  const leaks = async (): Promise<string[]> => {
    const readable = [await page.evaluate<string>(READABLE), await page.content(), ...said].join('\n')
    return secrets.filter((secret) => readable.includes(secret))
  }
  return {
    ...{ page, outside, faults, leaks },
    async shoot(name) {
      expect([name, await leaks()]).toEqual([name, []])
      mkdirSync(OUTPUT, { recursive: true })
      await page.screenshot({ path: join(OUTPUT, `${name}.png`), fullPage: true })
    },
    violations: () => violations(page),
  }
}
