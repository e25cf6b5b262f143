import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret, TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { openBroker } from '../../broker/broker.ts'
import { systemClock } from '../../broker/broker-clock.ts'
import type { Language } from '../../broker/clinic/page/shell/said.ts'
import { WORDS as ENTRANCE } from '../../broker/clinic/page/sign-in/words.ts'
import { parseConfig } from '../../broker/config.ts'
import { provision } from '../../broker/provision.ts'
import { DOCUMENT } from '../broker/core-fixture.ts'
import { aHome, CUFF, SCALE } from '../gateway/visit/visit-fixture.ts'
import { violations } from '../support/axe.ts'
import { CHEAP } from '../support/cheap-passwords.ts'
import { startChromiumShell } from '../support/chromium.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A clinic with a nurse, a physician and a technician, one home, the real broker, and a browser that has no mouse. */

const OUTPUT = join(import.meta.dirname, '../../test-output/clinic')

export const CITIZEN = 'citizen-1'
export const PEOPLE = { 'nurse-0001': 'Karen Holm', 'doctor-0001': 'Jens Friis', 'tech-0001': 'Mads Lund' } as const
type Person = keyof typeof PEOPLE
const ROLES = { 'nurse-0001': 'nurse', 'doctor-0001': 'physician', 'tech-0001': 'technician' } as const

/** What the clinic says of the diastolic pressure of everybody; the systolic limits are the citizen's own. */
export const TEMPLATE = { warningHigh: 100, alertHigh: 110 } as const
const decided = { author: 'template', reason: 'start' }
const REGISTRY = {
  ...DOCUMENT,
  users: Object.entries(PEOPLE).map(([id, displayName]) => ({
    id,
    organisation: 'clinic',
    role: ROLES[id as Person],
    displayName,
  })),
  templates: [
    {
      ...decided,
      template: 'high-pressure',
      title: 'High blood pressure',
      note: 'For tests.',
      from: '2026-01-01T00:00:00Z',
      rules: [
        {
          id: 'limits-diastolic',
          type: 'limits',
          title: 'Diastolic pressure',
          quantity: 'diastolic',
          limits: TEMPLATE,
          clear: { margin: 2, readings: 1 },
          horizonHours: 48,
          sources: ['a test'],
        },
      ],
    },
  ],
  watches: [{ ...decided, citizen: CITIZEN, template: 'high-pressure', from: '2026-01-01T00:00:00Z' }],
}

/** Somebody at a page of their own. */
export interface Desk {
  readonly page: Page
  /** Nothing that axe finds, in light and in dark; a picture of each. */
  readonly isClean: (name: string) => Promise<void>
}

/** @param start which browser they sit at */
export async function aClinic(language: Language, start: () => Promise<Browser> = startChromiumShell) {
  const dataDir = tempDir()
  const file = join(dataDir, 'registry.json')
  writeFileSync(file, JSON.stringify(REGISTRY))
  const { passwords } = await provision(dataDir, file, systemClock, { dryRun: false, passwordCost: CHEAP })
  const silent = () => undefined
  const log = { debug: silent, info: silent, warn: silent, error: silent }
  const broker = await openBroker(parseConfig({ dataDir, mqtt: { port: 0 }, http: { port: 0 } }), systemClock, log)
  onTestFinished(() => broker.close())
  const { cuff, scale } = await aHome({
    reached: false,
    brokerUrl: broker.mqttUrl,
    brokerPassword: passwords.hubs['hub-0001'] ?? '',
    devices: [
      { id: 'cuff-0001', driver: 'blood-pressure-service', address: CUFF },
      { id: 'scale-0001', driver: 'weight-scale-service', address: SCALE },
    ],
  })
  const browser = await start()
  const faults: string[] = []
  let satDown = 0
  mkdirSync(OUTPUT, { recursive: true })

  /** Signs in for the first time, with a new authenticator. */
  async function sitDown(person: Person, heading: string): Promise<Desk> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
    const page = await context.newPage()
    page.on('request', (request) => {
      if (!request.url().startsWith(broker.httpUrl)) faults.push(`outside: ${request.url()}`)
    })
    page.on('pageerror', (error) => faults.push(error.message))
    const isClean = async (name: string) => {
      // Colours are the same in every language.
      for (const colorScheme of language === 'da' ? (['dark', 'light'] as const) : (['light'] as const)) {
        await page.emulateMedia({ colorScheme })
        expect(await violations(page, colorScheme === 'light' ? 'everything' : 'contrast')).toEqual([])
        await page.screenshot({ path: join(OUTPUT, `journey-${language}-${name}-${colorScheme}.png`) })
      }
    }
    await page.goto(broker.httpUrl)
    await page.getByLabel(ENTRANCE.user.da).waitFor()
    if (language === 'en') await press(page, ENTRANCE.otherLanguage.da)
    await page.getByLabel(ENTRANCE.user[language]).waitFor()
    // The same page for everybody.
    if (satDown === 0) await isClean('0-sign-in')
    satDown += 1
    await type(page, ENTRANCE.user[language], person)
    await type(page, ENTRANCE.password[language], passwords.users?.[person] ?? '')
    await page.keyboard.press('Enter')
    const secret = (await page.locator('code.secret').innerText()).replaceAll(' ', '')
    await type(page, ENTRANCE.code[language], new TOTP({ secret: Secret.fromBase32(secret) }).generate())
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
    return { page, isClean }
  }
  return { broker, cuff, scale, faults, sitDown }
}

/** More than any page of the journey has. */
const MOST_TABS = 120

/** Presses Tab until the focus is on what is called so: its label, or what it says. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    await page.keyboard.press('Tab')
    if ((await focused(page)).includes(name)) return
  }
  throw new Error(`Tab leads to nothing that is called ${name}`)
}

/** What has the focus is called. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(`(({ activeElement: at }) => at === document.body ? '' :
    [at.getAttribute('aria-label'), at.labels?.[0]?.textContent, at.textContent].filter(Boolean).join('|'))(document)`)

/** Goes there and presses Enter. */
export async function press(page: Page, name: string): Promise<void> {
  await tabTo(page, name)
  await page.keyboard.press('Enter')
}

/** Goes there and types over what stands there. */
export async function type(page: Page, name: string, text: string): Promise<void> {
  await tabTo(page, name)
  await page.keyboard.press('Control+A')
  await page.keyboard.type(text)
}
