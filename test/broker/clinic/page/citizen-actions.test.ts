import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { startChromiumShell } from '../../../support/chromium.ts'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { before, CITIZEN, NOW, OVERVIEW, RED } from './citizen-data.ts'
import { type CitizenServer, citizenServer } from './citizen-server.ts'

/** What a nurse does on the citizen's page: each change goes out once, with the version that was seen. */

const OUTPUT = join(import.meta.dirname, '../../../../test-output/clinic')

async function opened(): Promise<{ readonly page: Page; readonly server: CitizenServer }> {
  const server = await citizenServer()
  const browser = await startChromiumShell()
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  await page.clock.setFixedTime(NOW)
  await page.goto(`${server.url}/#/citizens/${CITIZEN}`)
  await page.locator('main.citizen[aria-busy=false] canvas').first().waitFor()
  return { page, server }
}

async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(OUTPUT, { recursive: true })
  await page.screenshot({ path: join(OUTPUT, `${name}.png`) })
}

optional('chromium', hasChromium)("what is done on the citizen's page", () => {
  it('acknowledges by keyboard alone, and only with what was done', { timeout: 60_000 }, async () => {
    const { page, server } = await opened()
    await page.getByRole('button', { name: /^Kvittér: Iltmætning/ }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Kvittér for alarmen' })
    await dialog.waitFor()
    expect(await page.evaluate('document.activeElement.tagName')).toBe('TEXTAREA')
    await page.keyboard.press('Tab')
    for (let step = 0; step < 20 && !(await isFocused(page, 'Kvittér')); step++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await dialog.getByText('Skriv, hvad der er gjort.').waitFor()
    expect(server.changes).toEqual([])
    await dialog.getByLabel('Hvad er der gjort?').focus()
    await page.keyboard.type('Ringet: sidder og hviler')
    await shoot(page, 'citizen-acknowledge')
    for (let step = 0; step < 20 && !(await isFocused(page, 'Kvittér')); step++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(server.changes).toEqual([
      {
        method: 'POST',
        path: `/v1/citizens/${CITIZEN}/alerts/${RED.alert}/acknowledge`,
        body: { action: 'Ringet: sidder og hviler' },
        ifMatch: '"3"',
      },
    ])
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toMatch(/^Kvittér: Iltmætning/)
  })

  it('says that a colleague was faster, shows what was done, keeps what was typed', { timeout: 60_000 }, async () => {
    const { page, server } = await opened()
    server.refuse = ({ ifMatch }) => (ifMatch === '"4"' ? undefined : { status: 412, code: 'alert-changed' })
    await page.getByRole('button', { name: /^Kvittér: Iltmætning/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Bedt borgeren måle igen' }).click()
    const acknowledged = { by: 'nurse-bo', at: before(0.1), action: 'Ambulance er på vej', level: 'red' } as const
    server.overview = () => ({ ...OVERVIEW, alerts: [{ ...RED, state: 'acknowledged', acknowledged, revision: 4 }] })
    await dialog.getByRole('button', { name: 'Kvittér', exact: true }).click()
    await dialog.getByText('En anden har ændret den imens').waitFor()
    await dialog.getByText('Ambulance er på vej').waitFor()
    expect(await dialog.getByLabel('Hvad er der gjort?').inputValue()).toBe('Bedt borgeren måle igen')
    await dialog.getByRole('button', { name: 'Kvittér', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(server.changes.map(({ ifMatch }) => ifMatch)).toEqual(['"3"', '"4"'])
  })

  it('closes with a reason', { timeout: 60_000 }, async () => {
    const { page, server } = await opened()
    await page.getByRole('button', { name: /^Luk: Vægt mangler/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Luk alarmen' })
    await dialog.getByRole('button', { name: 'Luk' }).click()
    await dialog.getByText('Vælg en grund.').waitFor()
    await dialog.getByLabel('Kendt tilstand').check()
    server.overview = () => ({
      ...OVERVIEW,
      alerts: OVERVIEW.alerts.filter(({ alert }) => alert !== 'alert-miss-0001'),
    })
    await dialog.getByRole('button', { name: 'Luk' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(server.changes.map(({ path, body, ifMatch }) => [path, body, ifMatch])).toEqual([
      [`/v1/citizens/${CITIZEN}/alerts/alert-miss-0001/close`, { reason: 'known-condition' }, '"2"'],
    ])
    // Nothing of it is left here: the focus is on the worst of those that are.
    await page.getByRole('button', { name: /^Luk: Vægt mangler/ }).waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.className')).toBe('sentence')
  })

  it('pauses with a reason and an end, red only when that is said twice', { timeout: 60_000 }, async () => {
    const { page, server } = await opened()
    await page.getByRole('button', { name: 'Sæt på pause' }).click()
    const dialog = page.getByRole('dialog', { name: 'Sæt alarmer på pause' })
    const send = dialog.getByRole('button', { name: 'Sæt på pause' })
    await send.click()
    await dialog.getByText('Skriv, hvornår pausen slutter').waitFor()
    await dialog.getByLabel('Til').fill('2026-12-20T08:00')
    await send.click()
    await dialog.getByText('højst 30 dage frem').waitFor()
    await dialog.getByLabel('Til').fill('2026-11-05T08:00')
    await dialog.getByLabel('Også røde alarmer').check()
    await send.click()
    await dialog.getByText('Bekræft, at også røde alarmer skal være tavse.').waitFor()
    await shoot(page, 'citizen-pause')
    expect(server.changes).toEqual([])
    await dialog.getByLabel(/^Jeg er sikker/).check()
    await send.click()
    await dialog.waitFor({ state: 'detached' })
    expect(server.changes.map(({ path, body }) => [path, body])).toEqual([
      [
        `/v1/citizens/${CITIZEN}/pauses`,
        { reason: 'admission', to: '2026-11-05T07:00:00.000Z', includeRed: true, confirmRed: true },
      ],
    ])
  })

  it('ends a pause, and says what it has held back', { timeout: 60_000 }, async () => {
    const server = await citizenServer()
    const pause = {
      id: 'pause-0002',
      reason: 'travel',
      from: before(20),
      to: before(-20),
      includeRed: false,
      by: 'nurse-bo',
      suppressed: 3,
    } as const
    server.overview = () => ({ ...OVERVIEW, pauses: [pause] })
    const browser = await startChromiumShell()
    const page = await browser.newPage()
    await page.clock.setFixedTime(NOW)
    await page.goto(`${server.url}/#/citizens/${CITIZEN}`)
    await page.getByText('gule og blå alarmer · Tilbageholdt: 3 · sat af nurse-bo').waitFor()
    await page.getByRole('button', { name: /^Afslut pausen: Bortrejst/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Afslut pausen' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(server.changes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `DELETE /v1/citizens/${CITIZEN}/pauses/pause-0002`,
    ])
  })

  it('takes a reading with a comma, refuses what can not be, and sends it once', { timeout: 60_000 }, async () => {
    const { page, server } = await opened()
    await page.getByRole('button', { name: 'Indtast en måling' }).click()
    const dialog = page.getByRole('dialog', { name: 'Indtast en måling for borgeren' })
    await dialog.getByLabel('Hvad er målt').selectOption('blood-pressure')
    const save = dialog.getByRole('button', { name: 'Gem målingen' })
    await dialog.getByLabel('Systolisk blodtryk').fill('1420')
    await save.click()
    await dialog.getByText('Skal ligge mellem 50 og 280.').waitFor()
    await dialog.getByText('Skriv et tal.').waitFor()
    await shoot(page, 'citizen-typed')
    await dialog.getByLabel('Systolisk blodtryk').fill('142')
    await dialog.getByLabel('Diastolisk blodtryk').fill('88,0')
    await dialog.getByLabel('Hvornår').fill('2026-11-03T11:00')
    await save.click()
    await dialog.getByText('Skriv et tidspunkt, der ikke ligger i fremtiden.').waitFor()
    await dialog.getByLabel('Hvornår').fill('2026-11-03T09:15')
    // Both before the page is drawn anew.
    const twice =
      "(() => { const form = document.querySelector('dialog form'); form.requestSubmit(); form.requestSubmit() })()"
    await page.evaluate(twice)
    await dialog.waitFor({ state: 'detached' })
    expect(server.changes.map(({ path, body }) => [path, body])).toEqual([
      [
        `/v1/citizens/${CITIZEN}/readings`,
        { kind: 'blood-pressure', values: { systolic: 142, diastolic: 88 }, measuredAt: '2026-11-03T08:15:00.000Z' },
      ],
    ])
  })

  it('keeps a note', { timeout: 60_000 }, async () => {
    const { page, server } = await opened()
    await page.getByRole('button', { name: 'Gem notatet' }).click()
    await page.getByText('Skriv et notat først.').waitFor()
    await page.getByLabel('Skriv et notat').fill('  Har fået ny maske.  ')
    await page.getByRole('button', { name: 'Gem notatet' }).click()
    await page.getByText('Notatet er gemt.').waitFor()
    expect(server.changes.map(({ path, body }) => [path, body])).toEqual([
      [`/v1/citizens/${CITIZEN}/notes`, { text: 'Har fået ny maske.' }],
    ])
    expect(await page.getByLabel('Skriv et notat').inputValue()).toBe('')
  })
})

const isFocused = async (page: Page, text: string): Promise<boolean> =>
  (await page.evaluate('document.activeElement.textContent')) === text
