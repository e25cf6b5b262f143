import { expect, it } from 'vitest'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { refusal } from './page-fixture.ts'
import { AT, openSettings } from './settings-fixture.ts'

/** A nurse agrees with a citizen when to measure: fields, the days that come of them, and what the broker says. */

const TIMEOUT = { timeout: 60_000 }

async function editor() {
  const shown = await openSettings('nurse', { at: AT })
  const { page } = shown
  await page.getByRole('button', { name: 'Ret planen: Iltmætning' }).click()
  const card = page.getByRole('region', { name: 'Måleplan' }).getByRole('article', { name: 'Iltmætning' })
  const phase = (number: number) => card.getByRole('group', { name: `Periode ${number}` })
  const save = card.getByRole('button', { name: 'Gem planen' })
  const status = card.getByRole('status')
  /** Typing has settled: the clock of the page stands still otherwise. */
  const settle = () => page.clock.runFor(1_000)
  return { ...shown, card, phase, save, status, settle }
}

optional('chromium', hasChromium)('the plan in the editor', () => {
  it('stands there in words, and its days as a calendar and in words', TIMEOUT, async () => {
    const { page, card, status, settle, shoot } = await editor()
    expect(await card.innerText()).toContain(
      'Hver dag kl. 8–10 og 18–20 i 14 dage, derefter hver mandag, onsdag og fredag kl. 8–10.',
    )
    expect(await card.innerText()).toContain('»Tæt måling de første to uger efter udskrivelse«')
    await settle()
    await status
      .filter({ hasText: '56 målinger ventes, på 28 dage. Den første: mandag 23. nov. kl. 8–10 og 18–20.' })
      .waitFor()
    expect(await card.locator('.calendar td.expected').count()).toBe(28)
    await card.getByText('Alle tidsrum i ord').click()
    expect(await card.locator('ul.words li').count()).toBe(28)
    await shoot('settings-7-plan')
    expect(await page.getByLabel('Gælder fra').inputValue()).toBe('2026-11-23')
  })

  it('is saved as it was typed, with a reason', TIMEOUT, async () => {
    const { page, card, phase, save, settle, house } = await editor()
    await card.getByRole('button', { name: 'Fjern perioden 2' }).click()
    await phase(1).getByLabel('Hvornår').selectOption('every')
    await phase(1).getByLabel('Dage fra måling').fill('3')
    await phase(1).getByRole('button', { name: 'Fjern tidsrum 2' }).click()
    await phase(1).getByLabel('Fra kl.').fill('7.30')
    await phase(1).getByLabel('Til kl.').fill('9')
    await card.getByRole('button', { name: 'Tilføj en periode derefter' }).click()
    await page.clock.runFor(100)
    await expect.poll(() => page.evaluate<string>('document.activeElement.id')).toContain('-1-type')
    await phase(2).getByLabel('Hvornår').selectOption('weekdays')
    await phase(2).getByLabel('søndag').check()
    await phase(2).getByLabel('fredag').uncheck()
    await card.getByLabel('Sidste dag').fill('2027-03-31')
    await card.getByLabel('Helligdage').selectOption('moved')
    await card.getByLabel('juleaften').check()
    await card.getByLabel('Minutter efter').fill('90')
    await card.getByLabel('Timer uden').fill('12')
    await settle()
    await save.click()
    await card.getByText('Skriv en begrundelse.').waitFor()
    await card.getByLabel('Begrundelse').fill('Roligere forløb')
    await settle()
    await save.click()
    await page.getByText('Iltmætning: Planen er gemt.').waitFor()
    expect(house.changes).toEqual([
      {
        call: 'PUT plan',
        ifMatch: '"v1"',
        body: {
          from: '2026-11-22T23:00:00.000Z',
          to: '2027-03-31T22:00:00.000Z',
          timeZone: 'Europe/Copenhagen',
          holidays: 'moved',
          alsoOff: ['christmas-eve'],
          graceMinutes: 90,
          unwatchedAfterHours: 12,
          phases: [
            { days: 14, schedule: { type: 'every', days: 3 }, windows: [{ from: '07:30', to: '09:00' }] },
            { schedule: { type: 'weekdays', on: ['mo', 'we', 'su'] }, windows: [{ from: '08:00', to: '10:00' }] },
          ],
          reason: 'Roligere forløb',
        },
      },
    ])
    expect(await card.innerText()).toContain('Fra 23. nov. 2026:')
  })

  it(
    'has what the broker finds wrong at the field, in Danish, and is not sent before it is right',
    TIMEOUT,
    async () => {
      const { page, card, phase, save, status, settle, house, shoot } = await editor()
      house.preview = () =>
        refusal(
          400,
          'body-invalid',
          'phases[0].windows[1].to: must be later than from; split a night at 24:00; phases[1].days: only the last phase may go on for ever; citizen: is not known',
        )
      const to = phase(1).getByLabel('Til kl.').nth(1)
      await to.fill('17')
      await settle()
      await phase(1).getByText('Skal være senere end »fra«').waitFor()
      await phase(2).getByText('Kun den sidste periode kan vare indtil videre').waitFor()
      await card.getByRole('alert').filter({ hasText: 'citizen: is not known' }).waitFor()
      await status.filter({ hasText: 'Ret felterne' }).waitFor()
      expect(await to.getAttribute('aria-invalid')).toBe('true')
      await card.getByLabel('Begrundelse').fill('Nat')
      await save.click()
      await page.clock.runFor(100)
      await expect.poll(() => page.evaluate<string>('document.activeElement.id')).toBe(await to.getAttribute('id'))
      await shoot('settings-8-plan-wrong')
      await to.fill('kvart')
      await phase(1).getByText('Skriv et klokkeslæt').waitFor()
      expect(house.changes).toEqual([])
    },
  )

  it('keeps what was typed when a colleague was first, and shows both in words', TIMEOUT, async () => {
    const { page, card, phase, save, settle, house, shoot } = await editor()
    await phase(1).getByLabel('Varighed').fill('7')
    await card.getByLabel('Begrundelse').fill('Kun en uge')
    await settle()
    const [plan] = house.plans.plans
    if (plan === undefined) throw new Error('no plan')
    const theirs = {
      ...plan,
      phases: [{ schedule: { type: 'daily' as const }, windows: plan.phases[1]?.windows ?? [] }],
    }
    house.plans = { plans: [theirs] }
    house.colleague({})
    await save.click()
    const conflict = card.getByRole('alert')
    await conflict.getByText('En anden har ændret planen imens').waitFor()
    expect(await conflict.innerText()).toContain('Hver dag kl. 8–10.')
    expect(await conflict.innerText()).toContain('i 7 dage, derefter hver mandag')
    expect(await phase(1).getByLabel('Varighed').inputValue()).toBe('7')
    await shoot('settings-9-plan-conflict')
    await save.click()
    await page.getByText('Iltmætning: Planen er gemt.').waitFor()
    expect(house.changes.map(({ ifMatch }) => ifMatch)).toEqual(['"v1"', '"v2"'])
  })

  it('is ended with a reason', TIMEOUT, async () => {
    const { page, card, house } = await editor()
    await card.getByRole('button', { name: 'Afslut planen' }).click()
    const dialog = page.getByRole('dialog', { name: 'Afslut planen: Iltmætning' })
    await dialog.getByLabel('Begrundelse').fill('Udskrevet')
    await dialog.getByRole('button', { name: 'Afslut planen' }).click()
    await page.getByText('Iltmætning: Planen er afsluttet.').waitFor()
    expect(house.changes).toEqual([{ call: 'DELETE plan', body: { reason: 'Udskrevet' }, ifMatch: '"v1"' }])
    await page.getByText('Ingen plan: der ventes ingen målinger').waitFor()
  })
})
