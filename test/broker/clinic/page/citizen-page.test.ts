import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import type { Change } from '../../../../broker/clinic/shapes.ts'
import { violations } from '../../../support/axe.ts'
import { startChromiumShell } from '../../../support/chromium.ts'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { before, CITIZEN, NOW, OVERVIEW, RED, seriesAnswer } from './citizen-data.ts'
import { type CitizenServer, citizenServer } from './citizen-server.ts'

/** The citizen's page as a nurse uses it, in a real browser. Screenshots: test-output/, outside git. */

const OUTPUT = join(import.meta.dirname, '../../../../test-output/clinic')

interface Wish {
  readonly width?: number
  readonly dark?: boolean
  readonly language?: 'da' | 'en'
}

interface Opened {
  readonly page: Page
  readonly server: CitizenServer
  /** Errors of scripts and of the page's policy. */
  readonly faults: string[]
}

async function opened(
  { width = 1280, dark = false, language = 'da' }: Wish = {},
  server?: CitizenServer,
): Promise<Opened> {
  const serving = server ?? (await citizenServer())
  const browser = await startChromiumShell()
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    // The clinic's time holds, wherever the computer believes to be.
    timezoneId: 'America/New_York',
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('404')) faults.push(message.text())
  })
  await page.clock.setFixedTime(NOW)
  await page.addInitScript((spoken) => localStorage.setItem('precare-language', spoken), language)
  await page.goto(`${serving.url}/#/citizens/${CITIZEN}`)
  await page.locator('main.citizen[aria-busy=false] canvas').first().waitFor()
  return { page, server: serving, faults }
}

async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(OUTPUT, { recursive: true })
  await page.screenshot({ path: join(OUTPUT, `${name}.png`), fullPage: true })
}

const plotOf = (page: Page, title: string) =>
  page.getByRole('article', { name: title, exact: true }).getByRole('application')
const heardIn = (page: Page, title: string) => page.getByRole('article', { name: title, exact: true }).locator('.heard')

const CHANGE: Change = {
  alert: RED.alert,
  citizen: CITIZEN,
  category: 'clinical',
  level: 'red',
  state: 'open',
  revision: 4,
  raisedAt: RED.raisedAt,
  quiet: false,
}

optional('chromium', hasChromium)("the citizen's page in a browser", () => {
  it('says how the citizen stands, what was measured when and by what, and what is planned', {
    timeout: 60_000,
  }, async () => {
    const { page, faults } = await opened()
    await page.getByRole('heading', { level: 1, name: `Borger ${CITIZEN}` }).waitFor()
    await page.getByText('Følger KOL (ustabil), Hjertesvigt').waitFor()
    await page.getByText('Iltmætning 84 % er under den røde grænse 85 %').waitFor()
    const saturation = page.getByRole('article', { name: 'Iltmætning', exact: true })
    await saturation.getByText('84 %').waitFor()
    await saturation.getByText('Nonin 3230 (oxi-0001)').waitFor()
    await saturation.getByText('Grænser: gul under 88, rød under 85. Normalt for borgeren: 91–95 %').waitFor()
    await page.getByText('derefter hver mandag, onsdag og fredag kl. 8').waitFor()
    await page.getByText('Uvist: hubben i hjemmet er tavs').waitFor()
    await page.getByText('8 % – skal skiftes eller oplades').waitFor()
    const devices = page.locator('.equipment')
    await devices.filter({ hasText: 'UA-651BLE' }).getByText('Ventes senestom 22 timer (4. nov. 08.30)').waitFor()
    await devices.filter({ hasText: 'UC-352BLE' }).getByText('Ventet siden09.00 (1 time)').waitFor()
    await page.getByText('Ring helst efter kl. 9.').waitFor()
    expect(await page.getByRole('link', { name: 'Grænser og plan' }).getAttribute('href')).toBe(
      `#/citizens/${CITIZEN}/settings`,
    )
    // Those below the window come in idle moments.
    await expect.poll(() => page.locator('canvas').count(), { timeout: 20_000 }).toBe(6)
    await page.getByText('Sådan læses kurverne').click()
    await shoot(page, 'citizen')
    expect(faults).toEqual([])
  })

  it('is read by keyboard: from point to point, each said with value, time, device and what speaks against it', {
    timeout: 60_000,
  }, async () => {
    const { page } = await opened()
    const heard = heardIn(page, 'Iltmætning')
    await plotOf(page, 'Iltmætning').focus()
    await page.keyboard.press('End')
    await expect
      .poll(() => heard.textContent())
      .toContain('84\u00a0%, man. 2. nov. 2026 kl. 21.30, målt med Nonin 3230 (oxi-0001)')
    const met = new Set<string>()
    for (let step = 0; step < 17; step++) {
      await page.keyboard.press('ArrowLeft')
      met.add((await heard.textContent()) ?? '')
    }
    const all = [...met].join('\n')
    expect(met.size).toBe(17)
    for (const said of ['tvivlsom', 'kom for sent', 'indtastet af personalet', 'mangler: skulle være målt senest']) {
      expect(all).toContain(said)
    }
    await page.keyboard.press('Home')
    await expect.poll(() => heard.textContent()).toContain('5. okt. 2026')
    // The others go to the same time, and say so to who looks.
    await expect
      .poll(() => page.getByRole('article', { name: 'Vægt' }).locator('.readout').textContent())
      .toContain('okt. 2026')
    await page.keyboard.press('Tab')
    expect(await heard.textContent()).toBe('')
  })

  it('has the same values as a table, page by page', { timeout: 60_000 }, async () => {
    const { page } = await opened()
    const weight = page.getByRole('article', { name: 'Vægt' })
    await weight.getByText('Målingerne som tabel (30)').click()
    await weight.getByRole('cell', { name: '79,0 kg' }).first().waitFor()
    expect(await weight.getByRole('row').count()).toBe(26)
    await weight.getByRole('button', { name: 'Ældre' }).click()
    await weight.getByText('Side 2 / 2').waitFor()
    expect(await weight.getByRole('row').count()).toBe(6)
  })

  it('goes back as far as somebody wants, and remembers how far', { timeout: 60_000 }, async () => {
    const { page, server } = await opened()
    const asked = () => new URL(server.looks.findLast((look) => look.includes('series')) ?? '', server.url).searchParams
    expect(asked().get('from')).toBe('2026-10-04T22:00:00.000Z')
    await page.getByRole('button', { name: '7 dage' }).click()
    await expect.poll(() => asked().get('from')).toBe('2026-10-27T23:00:00.000Z')
    await page.getByRole('button', { name: 'Andre datoer' }).click()
    await page.getByLabel('Fra', { exact: true }).fill('2026-10-25')
    await page.getByLabel('Til og med').fill('2026-10-20')
    await page.getByRole('button', { name: 'Vis', exact: true }).click()
    await page.getByText('Slutdatoen ligger før startdatoen.').waitFor()
    await page.getByLabel('Til og med').fill('2026-10-25')
    await page.getByRole('button', { name: 'Vis', exact: true }).click()
    // The day on which the clocks go back has 25 hours.
    await expect
      .poll(() => `${asked().get('from')} ${asked().get('to')}`)
      .toBe('2026-10-24T22:00:00.000Z 2026-10-25T23:00:00.000Z')
    await page.getByText('Ikke målt i perioden').waitFor({ state: 'detached' })
    await page.reload()
    await page.getByRole('button', { name: '7 dage', pressed: true }).waitFor()
  })

  it('shows what is new without losing the place, the zoom and the open table', { timeout: 60_000 }, async () => {
    const { page, server } = await opened()
    const weight = page.getByRole('article', { name: 'Vægt' })
    await weight.getByText('Målingerne som tabel (30)').click()
    await plotOf(page, 'Vægt').focus()
    await page.keyboard.press('+')
    await page.getByRole('button', { name: 'Vis hele perioden' }).waitFor()
    await page.evaluate('scrollTo(0, 700)')
    const place = async () => Math.round((await weight.boundingBox())?.y ?? 0)
    const seenAt = await place()
    server.overview = () => ({ ...OVERVIEW, alerts: [{ ...RED, level: 'yellow', revision: 4 }] })
    server.series = (_citizen, from, to) => {
      const answer = seriesAnswer(from, to)
      for (const series of answer.series.filter(({ quantity }) => quantity === 'weight')) {
        series.at.push(Date.parse(before(0.1)))
        series.value.push(81.5)
        series.flags.push(0)
        series.device.push(2)
      }
      return answer
    }
    server.tell(CHANGE)
    await weight.getByText('81,5 kg').first().waitFor()
    await weight.getByText('Målingerne som tabel (31)').waitFor()
    await page.getByRole('heading', { level: 1 }).getByText('Gul').waitFor()
    // What is above has become shorter: what somebody looks at stays where it is.
    expect(Math.abs((await place()) - seenAt)).toBeLessThanOrEqual(1)
    expect(await weight.locator('details').getAttribute('open')).not.toBeNull()
    await plotOf(page, 'Vægt').focus()
    await page.keyboard.press('Home')
    await expect.poll(() => heardIn(page, 'Vægt').textContent()).not.toMatch(/^$| 5\. okt\./)
    await page.getByRole('button', { name: 'Vis hele perioden' }).click()
    await page.getByRole('button', { name: 'Vis hele perioden' }).waitFor({ state: 'detached' })
    await plotOf(page, 'Vægt').focus()
    await page.keyboard.press('Home')
    await expect.poll(() => heardIn(page, 'Vægt').textContent()).toContain(' 5. okt.')
  })

  it('zooms all plots by dragging over one', { timeout: 60_000 }, async () => {
    const { page } = await opened()
    const plot = plotOf(page, 'Iltmætning')
    const box = await plot.boundingBox()
    if (box === null) throw new RangeError('the plot has no place')
    await page.mouse.move(box.x + 150, box.y + 60)
    await page.mouse.down()
    await page.mouse.move(box.x + 300, box.y + 60, { steps: 5 })
    await page.mouse.up()
    await page.getByRole('button', { name: 'Vis hele perioden' }).waitFor()
    await plotOf(page, 'Vægt').focus()
    await page.keyboard.press('Home')
    await expect.poll(() => heardIn(page, 'Vægt').textContent()).not.toContain('5. okt.')
    await page.keyboard.press('0')
    await page.keyboard.press('Home')
    await expect.poll(() => heardIn(page, 'Vægt').textContent()).toContain('5. okt.')
  })

  it('keeps what was there and says how old it is when the line is cut', { timeout: 60_000 }, async () => {
    const { page } = await opened()
    await page.route('**/overview', (route) => route.abort())
    await page.getByRole('button', { name: '90 dage' }).click()
    await page.getByText('Ingen forbindelse: det, der vises, er ikke opdateret siden 10.30').waitFor()
    await expect.poll(() => page.locator('canvas').count(), { timeout: 20_000 }).toBe(6)
    await page.unroute('**/overview')
    await page.getByRole('button', { name: 'Hent igen' }).click()
    await page.getByText('Ingen forbindelse').waitFor({ state: 'detached' })
  })

  it('has nothing that axe finds, and all within the width, light and dark: on a phone in Danish, on a wall in English', {
    timeout: 60_000,
  }, async () => {
    const { page, faults } = await opened({ width: 320 })
    for (const summary of await page.locator('summary').all()) await summary.click()
    for (const [width, language] of [
      [320, 'da'],
      [1920, 'en'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 })
      if (language === 'en') await page.getByRole('button', { name: 'English' }).click()
      await page.locator(`html[lang=${language}]`).waitFor()
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme })
        await shoot(page, `citizen-${colorScheme}-${width}-${language}`)
        const found = await violations(page, colorScheme === 'light' ? 'everything' : 'contrast')
        expect([width, ...found]).toEqual([width])
      }
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    }
    expect(faults).toEqual([])
  })
})
