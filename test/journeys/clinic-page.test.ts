import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret, TOTP } from 'otpauth'
import type { Page } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { openBroker } from '../../broker/broker.ts'
import { systemClock } from '../../broker/broker-clock.ts'
import { parseConfig } from '../../broker/config.ts'
import { provision } from '../../broker/provision.ts'
import { violations } from '../broker/clinic/page/page-stage.ts'
import { DOCUMENT } from '../broker/core-fixture.ts'
import { aHome, CUFF } from '../gateway/visit/visit-fixture.ts'
import { hasChromium, startChromium } from '../support/chromium.ts'
import { optional } from '../support/optional.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A nurse's shift, from signing in to handing over: real broker, hub and browser, a simulated cuff, and no mouse. */

const OUTPUT = join(import.meta.dirname, '../../test-output/clinic')
const WITHIN_MS = 1_000
const CITIZEN = 'citizen-1'

async function aClinic() {
  const dataDir = tempDir()
  const file = join(dataDir, 'registry.json')
  const users = [{ id: 'nurse-0001', organisation: 'clinic', role: 'nurse', displayName: 'Karen Holm' }]
  writeFileSync(file, JSON.stringify({ ...DOCUMENT, users }))
  const { passwords } = await provision(dataDir, file, systemClock, { dryRun: false })
  const silent = () => undefined
  const log = { debug: silent, info: silent, warn: silent, error: silent }
  const broker = await openBroker(parseConfig({ dataDir, mqtt: { port: 0 }, http: { port: 0 } }), systemClock, log)
  onTestFinished(() => broker.close())
  const { cuff } = await aHome({
    reached: false,
    brokerUrl: broker.mqttUrl,
    brokerPassword: passwords.hubs['hub-0001'] ?? '',
    devices: [{ id: 'cuff-0001', driver: 'blood-pressure-service', address: CUFF }],
  })
  const browser = await startChromium()
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const faults: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(broker.httpUrl)) faults.push(`outside: ${request.url()}`)
  })
  page.on('pageerror', (error) => faults.push(error.message))
  await page.goto(broker.httpUrl)
  mkdirSync(OUTPUT, { recursive: true })
  const shoot = (name: string) => page.screenshot({ path: join(OUTPUT, `journey-${name}.png`) })
  return { page, cuff, faults, shoot, password: passwords.users?.['nurse-0001'] ?? '' }
}

/** Presses Tab until the focus is on what is called so. */
async function tabTo(page: Page, name: string): Promise<void> {
  const called = `(({ activeElement: at }) => !at.matches('a, button, input, textarea') ? '' :
    [at.getAttribute('aria-label'), at.labels?.[0]?.textContent, at.textContent].filter(Boolean).join('|'))(document)`
  for (let pressed = 0; pressed < 60; pressed += 1) {
    await page.keyboard.press('Tab')
    if ((await page.evaluate<string>(called)).includes(name)) return
  }
  throw new Error(`Tab leads to nothing that is called ${name}`)
}

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('Bruger').waitFor()
  await tabTo(page, 'Bruger')
  await page.keyboard.type('nurse-0001')
  await tabTo(page, 'Adgangskode')
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  const secret = (await page.locator('code.secret').innerText()).replaceAll(' ', '')
  await tabTo(page, 'Kode fra din godkendelses-app')
  await page.keyboard.type(new TOTP({ secret: Secret.fromBase32(secret) }).generate())
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Arbejdsliste' }).waitFor()
}

optional('chromium', hasChromium)('a shift at the clinic, by keyboard alone', () => {
  it('signs in, hears of a red within a second, sees to it and hands over', { timeout: 120_000 }, async () => {
    const { page, cuff, faults, shoot, password } = await aClinic()
    await signIn(page, password)
    await page.getByText('Ingen har brug for jer lige nu.').waitFor()
    await page.getByText('Direkte', { exact: true }).waitFor()
    expect(await violations(page)).toEqual([])
    await shoot('1-nobody')

    await page.evaluate(`void (window.seen = new Promise((resolve) => new MutationObserver((_, observer) => {
      if (document.querySelector('[data-citizen="${CITIZEN}"]') === null) return
      observer.disconnect()
      resolve(Date.now())
    }).observe(document.body, { childList: true, subtree: true })))`)
    cuff.measure({ systolic: 171, diastolic: 96, pulseRate: 88 })
    const seenAt = await page.evaluate<number>('window.seen')
    const path = `/v1/citizens/${CITIZEN}/work-item`
    const { item } = await page.evaluate<{ item: { alerts: { raisedAt: string }[] } }>(
      `fetch('${path}').then((answer) => answer.json())`,
    )
    const took = seenAt - Date.parse(item.alerts[0]?.raisedAt ?? '')
    process.stdout.write(`an alert was on the screen ${took} ms after it was raised\n`)
    expect(took).toBeLessThan(WITHIN_MS)
    await page.getByRole('alert').filter({ hasText: CITIZEN }).waitFor()
    await page.getByText('er over den røde grænse').first().waitFor()
    await shoot('2-red')

    await tabTo(page, `Kvittér ${CITIZEN}`)
    await page.keyboard.press('a')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.type('Ringet: hviler sig og måler igen.')
    await tabTo(page, 'Annullér')
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('status').filter({ hasText: 'Kvitteret' }).waitFor()
    await page.getByText('Ringet: hviler sig og måler igen.').waitFor()
    await shoot('3-acknowledged')

    // The focus went back to a button that is no more; the row is one Tab away.
    await tabTo(page, `Borger ${CITIZEN}`)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url()).toContain(`#/citizens/${CITIZEN}`)
    await page.locator('main').getByText(CITIZEN).first().waitFor()

    await tabTo(page, 'Vagtskifte')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Vagtskifte', exact: true }).waitFor()
    await tabTo(page, 'Det vigtigste fra vagten')
    await page.keyboard.type('En rød, kvitteret.')
    await tabTo(page, 'Borger at holde øje med')
    await page.keyboard.type(CITIZEN)
    await page.keyboard.press('Enter')
    await page.getByLabel(`Hold øje med ${CITIZEN}`).waitFor()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.type('Måler igen kl. 12')
    await tabTo(page, 'Aflever vagten')
    await page.keyboard.press('Enter')
    const handedOver = page.getByRole('article')
    await handedOver.getByText('Karen Holm').waitFor()
    expect(await handedOver.innerText()).toContain('Måler igen kl. 12')
    expect(await violations(page)).toEqual([])
    await shoot('4-handed-over')

    await page.getByRole('button', { name: 'English' }).press('Enter')
    await page.getByRole('heading', { name: 'Earlier hand-overs' }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).press('Enter')
    await page.getByText('You are signed out.').waitFor()
    expect(await page.content()).not.toContain(CITIZEN)
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(faults).toEqual([])
  })
})
