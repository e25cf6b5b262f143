import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readPageFiles } from '../../../../broker/clinic/page-files.ts'
import { startChromiumShell } from '../../../support/chromium.ts'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { at, message, NOW, pressure, reading } from '../../core-fixture.ts'
import { HOUSE, openHouse } from '../../http/house.ts'

/** The citizen's page on what the broker itself answers, under the policy that the broker itself sets. */

/** Takes 100 ms on a machine of its own; a look of the page's own would take up to a minute. */
const PUSHED_MS = 5_000

const PAGE = join(import.meta.dirname, '../../../../dist/pages/clinic')

optional('chromium', hasChromium)("the citizen's page on a broker", () => {
  it('shows a month, then an alert as it comes, and has it acknowledged', {
    timeout: 60_000,
  }, async () => {
    const house = await openHouse(undefined, HOUSE, readPageFiles(PAGE))
    const { core } = house
    for (let day = 30; day >= 1; day--) {
      core.clock.time = NOW - day * 86_400_000
      const measuredAt = new Date(core.clock.time).toISOString()
      const one = reading(`day-${day}`, { values: pressure(118 + (day % 5)), measuredAt, receivedAt: measuredAt })
      await core.send('hub-0001', message(31 - day, [one]))
    }
    core.clock.time = NOW
    const [name = '', value = ''] = (await house.cookie()).split('=')
    const browser = await startChromiumShell()
    const context = await browser.newContext()
    // As if over TLS: a browser takes a __Host- cookie from nowhere else, and trusts its own machine with it.
    await context.addCookies([{ name, value, url: house.server.url.replace('http:', 'https:'), secure: true }])
    const page = await context.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (said) => {
      if (said.type() === 'error' && !said.text().includes('404')) faults.push(said.text())
    })
    await page.clock.setFixedTime(NOW)
    await page.goto(`${house.server.url}/#/citizens/citizen-1`)
    const panel = page.getByRole('article', { name: 'Blodtryk', exact: true })
    await panel.getByText('119/80').first().waitFor()
    await panel.getByText('Målingerne som tabel (29)').waitFor()
    await panel.getByText('syst. Grænser: rød over 160, gul over 140, gul under 95, rød under 85').waitFor()
    await page.getByText('Ingen åbne alarmer.').waitFor()

    const began = performance.now()
    await core.send(
      'hub-0001',
      message(31, [reading('red', { values: pressure(171), measuredAt: at(0), receivedAt: at(0) })]),
    )
    house.clinic.changes.wake()
    await page.getByRole('heading', { level: 1 }).getByText('Rød').waitFor()
    // Told, not found at the next look, which comes after a minute.
    expect(performance.now() - began).toBeLessThan(PUSHED_MS)
    await panel.getByText('171/80').first().waitFor()

    await page.getByRole('button', { name: /^Kvittér: Systolisk/ }).click()
    await page.getByRole('dialog').getByLabel('Hvad er der gjort?').fill('Ringet op')
    await page.getByRole('dialog').getByRole('button', { name: 'Kvittér', exact: true }).click()
    await page.getByText('Alarmen er kvitteret.').waitFor()
    await page.getByText('af nurse-clinic: Ringet op').waitFor()
    expect(
      core.journal.database
        .prepare('SELECT state FROM alerts')
        .all()
        .map((row) => row['state']),
    ).toEqual(['acknowledged'])
    expect(faults).toEqual([])
  })
})
