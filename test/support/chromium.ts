import { type Browser, chromium } from 'playwright-core'
import { afterAll, onTestFinished } from 'vitest'
import { CHROMIUM } from './chromium-installed.ts'

/** Debian's Chromium, driven: one for each file of tests, and what a test opened in it is closed when the test is over. */

/** Nothing that looks outside this machine. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

let running: Promise<Browser> | undefined
afterAll(async () => {
  await (await running)?.close()
})

/** The test closes nothing itself. */
export async function startChromium(): Promise<Browser> {
  running ??= chromium.launch({ executablePath: CHROMIUM, args: QUIET })
  const browser = await running
  onTestFinished(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
  })
  return browser
}
