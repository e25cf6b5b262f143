import { setTimeout as after } from 'node:timers/promises'
import { Secret, TOTP } from 'otpauth'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { CHROMIUM } from '../support/chromium-installed.ts'
import { percentile } from './bench.ts'

/**
 * What a nurse waits for, in Debian's Chromium: until what is within the window is painted with its values (the mark
 * `shown` of the page). Opening an address counts from the beginning of the navigation, with the browser's cache as it
 * is after the first time; going on within the page counts from the click.
 */

const VISITS = 9
const OPENINGS = 5
const PATIENCE_MS = 15_000
/** Looks from outside are rare enough not to take part in what is measured. */
const LOOK_EVERY_MS = 50

/** A browser in which a nurse has signed in. */
export interface ClinicBrowser {
  /** `__Host-precare=...`: what the browser holds. */
  readonly cookie: string
  /** Compressed, of everything but calls, with a browser that had nothing. */
  readonly firstLoadKb: number
  measure(citizen: string): Promise<Readonly<Record<string, number>>>
  /** From the list to this citizen, with a year; ms, median. */
  open(citizen: string): Promise<number>
  close(): Promise<void>
}

/** Sees the click before anything else does. */
const NOTE_CLICKS = `addEventListener('click', ({ timeStamp }) => {
  window.clickedAt = timeStamp
  performance.clearMarks('shown')
}, true)`
const shown = `performance.getEntriesByName('shown').at(-1)?.startTime`

/** Asks from outside: the policy of the page forbids it to evaluate text itself. */
async function isSo(page: Page, condition: string): Promise<void> {
  for (const began = performance.now(); !(await page.evaluate<boolean>(condition)); await after(LOOK_EVERY_MS)) {
    if (performance.now() - began > PATIENCE_MS) throw new Error(`never so in the browser: ${condition}`)
  }
}

const ALL_ROWS = `document.querySelectorAll('li[data-citizen]').length`
const ALL_PLOTS = `document.querySelectorAll('.plot').length > 0 &&
  document.querySelectorAll('.plot canvas').length === document.querySelectorAll('.plot').length`

/** In a page of its own; ms from the beginning of the navigation. */
async function opened(context: BrowserContext, url: string, inside: string): Promise<number> {
  const page = await context.newPage()
  try {
    await page.goto(url, { waitUntil: 'commit' })
    await isSo(page, `${shown} !== undefined`)
    await page.locator(inside).first().waitFor()
    return await page.evaluate<number>(shown)
  } finally {
    await page.close()
  }
}

async function clicked(page: Page, selector: string): Promise<number> {
  await page.locator(selector).first().click()
  await isSo(page, `${shown} > window.clickedAt`)
  return page.evaluate<number>(`${shown} - window.clickedAt`)
}

/** From the list to a citizen, until all plots are there, and back again. */
async function thereAndBack(page: Page, citizen: string) {
  const there = await clicked(page, `a.citizen[href$="/${citizen}"]`)
  await isSo(page, ALL_PLOTS)
  const plots = await page.locator('.plot').count()
  const back = await clicked(page, 'main.citizen a[href="#/"]')
  return { there, back, plots }
}

async function bytesOfFirstLoad(context: BrowserContext, url: string): Promise<number> {
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
  return bytes
}

/** With the password that was handed out, setting up the second factor: as on a nurse's first day. */
async function signIn(context: BrowserContext, origin: string, user: string, password: string): Promise<string> {
  const page = await context.newPage()
  await page.goto(origin)
  await page.getByLabel('Bruger').fill(user)
  await page.getByLabel('Adgangskode').fill(password)
  await page.keyboard.press('Enter')
  const secret = (await page.locator('code.secret').innerText()).replaceAll(' ', '')
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate()
  await page.getByLabel('Kode fra din godkendelses-app').fill(code)
  await page.keyboard.press('Enter')
  await page.locator('main.work').waitFor()
  await page.close()
  const cookie = (await context.cookies()).find(({ name }) => name === '__Host-precare')
  return `${cookie?.name}=${cookie?.value}`
}

/** The page remembers how much time is to be shown. */
async function preferAYear(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await page.getByText('1 år', { exact: true }).click({ timeout: PATIENCE_MS })
  await isSo(page, `localStorage.getItem('precare-range') === '365'`)
}

const inOrder = (all: readonly number[]): readonly number[] => all.toSorted((a, b) => a - b)
const medianAndWorst = (name: string, all: readonly number[]) => ({
  [`${name}Ms`]: percentile(inOrder(all), 0.5),
  [`${name}WorstMs`]: Math.max(...all),
})

export async function openClinicBrowser(origin: string, user: string, password: string): Promise<ClinicBrowser> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'da-DK' })
  const firstLoadKb = (await bytesOfFirstLoad(context, `${origin}/`)) / 1024
  const cookie = await signIn(context, origin, user, password)

  async function measure(citizen: string) {
    const page = await context.newPage()
    await page.addInitScript(NOTE_CLICKS)
    const address = `${origin}/#/citizens/${citizen}`
    await preferAYear(page, address)
    await page.goto('about:blank')
    const times = async (one: () => Promise<number>) => {
      const all: number[] = []
      for (let i = 0; i < VISITS; i++) all.push(await one())
      return all
    }
    const list = await times(() => opened(context, `${origin}/`, 'li[data-citizen]'))
    const byAddress = await times(() => opened(context, address, '.plot canvas'))
    await page.goto(`${origin}/`)
    const trips: Awaited<ReturnType<typeof thereAndBack>>[] = []
    for (let i = 0; i < VISITS; i++) trips.push(await thereAndBack(page, citizen))
    await isSo(page, `${ALL_ROWS} >= 250`)
    const rows = await page.evaluate<number>(ALL_ROWS)
    await page.close()
    return {
      ...medianAndWorst('workListShown', list),
      ...medianAndWorst(
        'citizenShown',
        trips.map(({ there }) => there),
      ),
      ...medianAndWorst(
        'backToListShown',
        trips.map(({ back }) => back),
      ),
      ...medianAndWorst('citizenByAddress', byAddress),
      rows,
      plots: Math.min(...trips.map(({ plots }) => plots)),
    }
  }
  /** The year is what {@link measure} has left as preferred. */
  async function open(citizen: string): Promise<number> {
    const page = await context.newPage()
    await page.addInitScript(NOTE_CLICKS)
    await page.goto(`${origin}/`)
    const took: number[] = []
    for (let i = 0; i < OPENINGS; i++) took.push((await thereAndBack(page, citizen)).there)
    await page.close()
    return percentile(inOrder(took), 0.5)
  }
  return { cookie, firstLoadKb, measure, open, close: () => browser.close() }
}
