import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { CHROMIUM } from '../support/chromium.ts'
import { percentile } from './bench.ts'

/** What a nurse waits for, in Debian's Chromium, by the mark that the page sets when its data is on the screen. */

const VISITS = 7
const PATIENCE_MS = 15_000

/** Milliseconds from the beginning of the navigation to the mark; NaN when the page never set it. */
async function shownAfter(page: Page, go: () => Promise<unknown>): Promise<number> {
  await go()
  try {
    await page.waitForFunction(() => performance.getEntriesByName('shown').length > 0, undefined, {
      timeout: PATIENCE_MS,
    })
  } catch {
    return Number.NaN
  }
  return page.evaluate(() => performance.getEntriesByName('shown').at(-1)?.startTime ?? Number.NaN)
}

async function visit(context: BrowserContext, url: string): Promise<number> {
  const page = await context.newPage()
  try {
    return await shownAfter(page, () => page.goto(url, { waitUntil: 'commit' }))
  } finally {
    await page.close()
  }
}

/** Bytes that travelled for everything but calls, with a browser that had nothing. */
async function firstLoad(context: BrowserContext, url: string): Promise<number> {
  const page = await context.newPage()
  const client = await context.newCDPSession(page)
  await client.send('Network.enable')
  const calls = new Set<string>()
  let bytes = 0
  client.on('Network.requestWillBeSent', ({ requestId, request }) => {
    if (new URL(request.url).pathname.startsWith('/v1/')) calls.add(requestId)
  })
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (!calls.has(requestId)) bytes += encodedDataLength
  })
  await page.goto(url, { waitUntil: 'load' })
  await page.close()
  return bytes / 1024
}

/** The page remembers how much time is to be shown. */
async function preferAYear(context: BrowserContext, url: string): Promise<void> {
  const page = await context.newPage()
  await page.goto(url)
  await page
    .getByText('1 år', { exact: true })
    .click({ timeout: PATIENCE_MS })
    .catch(() => undefined)
  await page.close()
}

export interface PageFigures extends Readonly<Record<string, number>> {
  readonly firstLoadKb: number
  readonly workListShownMs: number
  readonly citizenShownMs: number
}

/** @param session what the browser of somebody who has signed in holds */
export async function measurePages(origin: string, session: string, citizen: string): Promise<PageFigures> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'da-DK' })
    await context.addCookies([
      {
        name: '__Host-precare',
        value: session,
        url: origin.replace('http:', 'https:'),
        secure: true,
        httpOnly: true,
        sameSite: 'Lax',
      },
    ])
    const firstLoadKb = await firstLoad(context, `${origin}/`)
    const several = async (url: string): Promise<readonly number[]> => {
      const all: number[] = []
      for (let i = 0; i < VISITS; i++) all.push(await visit(context, url))
      return all.sort((a, b) => a - b)
    }
    const list = await several(`${origin}/`)
    await preferAYear(context, `${origin}/#/citizens/${citizen}`)
    const one = await several(`${origin}/#/citizens/${citizen}`)
    return {
      firstLoadKb,
      workListShownMs: percentile(list, 0.5),
      workListShownWorstMs: list.at(-1) ?? Number.NaN,
      citizenShownMs: percentile(one, 0.5),
      citizenShownWorstMs: one.at(-1) ?? Number.NaN,
    }
  } finally {
    await browser.close()
  }
}
