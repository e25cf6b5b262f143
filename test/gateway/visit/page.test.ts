import { expect, it, onTestFinished } from 'vitest'
import type { Installation } from '../../../broker/contract/installation.ts'
import { PreCareError } from '../../../device-drivers/errors.ts'
import { visitDesk } from '../../../gateway/visit/desk.ts'
import { openVisitServer } from '../../../gateway/visit/server.ts'
import { askForWindow } from '../../../gateway/visit/window.ts'
import { hasChromium } from '../../support/chromium-installed.ts'
import { optional } from '../../support/optional.ts'
import { aPhone } from './browser-fixture.ts'
import { aHome, CUFF, KIT, testOffice, visitIn } from './visit-fixture.ts'

/** The page as a technician uses it, in a real browser the size of a phone. Screenshots: test-output/, outside git. */

const CODE = '12345678'
const ONE: Installation = { ...KIT, devices: KIT.devices.slice(0, 1) }

async function aVisit() {
  const parts = await aHome()
  const { home, clock } = parts
  const office = testOffice(ONE)
  const visit = visitIn(home, office, clock)
  const wish = { minutes: 5, host: '127.0.0.1', port: 0, bootId: clock.bootId, now: clock.now() }
  const window = askForWindow(home.dataDir, wish, CODE)
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const server = await openVisitServer({ window, desk: visitDesk(visit), log, close: () => undefined })
  onTestFinished(() => server.close())
  return { ...parts, office, ...(await aPhone(server.url, [CODE])) }
}

optional('chromium', hasChromium)('the page of a visit in a browser', () => {
  it('leads from the code to the delivered report, in Danish', { timeout: 60_000 }, async () => {
    const { page, cuff, office, outside, faults, leaks, shoot } = await aVisit()
    await page.getByLabel('Besøgskode').fill('11111111')
    await page.getByRole('button', { name: 'Åbn' }).click()
    await page.getByRole('alert').waitFor()
    await shoot('1-wrong-code')
    await page.getByLabel('Besøgskode').fill(CODE)
    await page.getByRole('button', { name: 'Åbn' }).click()

    office.failure = new PreCareError('uplink-lost', 'no route')
    await page.getByRole('button', { name: 'Hent installationen fra klinikken' }).click()
    await page.getByText('Hubben når ikke klinikkens server').waitFor()
    await shoot('2-no-line')
    office.failure = undefined
    await page.getByRole('button', { name: 'Hent installationen fra klinikken' }).click()
    await page.getByRole('button', { name: 'Søg', exact: true }).click()
    await page.getByText('Hubben lytter').waitFor()
    await shoot('3-searching')
    cuff.measure({ systolic: 131, diastolic: 82, pulseRate: 64 })
    await page.getByText(CUFF).waitFor()
    await shoot('4-found')
    await page.getByRole('button', { name: 'Det er det her' }).click()
    await page.getByText('131 mmHg').waitFor()
    await shoot('5-measured')
    await page.getByRole('button', { name: 'bekræft' }).click()
    await page.getByText('færdig').waitFor()
    await expect
      .poll(async () => {
        await page.getByRole('button', { name: 'Underskriv og send' }).click()
        return office.delivered.length
      })
      .toBe(1)
    await page.getByText('Rapporten er modtaget').waitFor()
    await page.getByRole('button', { name: 'udskrift' }).click()
    const sheet = page.frameLocator('iframe')
    await sheet.getByText('cuff-0001').waitFor()
    await shoot('6-delivered')
    expect(outside).toEqual([])
    expect(faults).toEqual([])
    expect(await leaks()).toEqual([])
  })

  it('speaks English to who asks, and says so to a screen reader', { timeout: 60_000 }, async () => {
    const { page } = await aVisit()
    await page.getByRole('button', { name: 'In English' }).click()
    await page.getByLabel('Code of the visit').fill(CODE)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Fetch the installation' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })

  it('shows the visit as soon as the code is right, not at its next look', { timeout: 60_000 }, async () => {
    const { page } = await aVisit()
    await page.clock.install()
    await page.reload()
    await page.getByLabel('Besøgskode').fill(CODE)
    await page.clock.pauseAt(Date.now() + 3_600_000)
    await Promise.all([page.waitForResponse('**/api/visit'), page.clock.runFor(1_000)])
    await Promise.all([page.waitForResponse('**/api/sign-in'), page.keyboard.press('Enter')])
    const fetching = page.getByRole('button', { name: 'Hent installationen' })
    for (let steps = 0; steps < 8 && (await fetching.count()) === 0; steps += 1) {
      await page.clock.runFor(50)
      // What was asked for in that time is answered.
      await page.evaluate("fetch('api/visit').then((answer) => answer.text())")
    }
    expect(await fetching.count()).toBe(1)
  })

  it('is all within reach of a keyboard and a thumb: no violation found by axe', { timeout: 60_000 }, async () => {
    const { page, violations } = await aVisit()
    await page.getByLabel('Besøgskode').fill(CODE)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Hent installationen' }).click()
    await page.getByRole('button', { name: 'Søg', exact: true }).waitFor()
    expect(await violations()).toEqual([])
  })
})
