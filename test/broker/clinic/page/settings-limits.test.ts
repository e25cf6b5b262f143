import { expect, it } from 'vitest'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { refusal } from './page-fixture.ts'
import { openSettings } from './settings-fixture.ts'

/** A physician changes a limit: what holds, the draft, what it would have said, and what a colleague did meanwhile. */

const TIMEOUT = { timeout: 60_000 }

async function editor(role: 'physician' | 'nurse' = 'physician') {
  const shown = await openSettings(role)
  const { page } = shown
  await page.getByRole('button', { name: role === 'nurse' ? 'Prøv andre: Iltmætning' : 'Ret: Iltmætning' }).click()
  const card = page.getByRole('region', { name: 'Grænser' }).getByRole('article', { name: 'Iltmætning' })
  return {
    ...shown,
    card,
    alertLow: card.getByLabel('Rød under'),
    warningLow: card.getByLabel('Gul under'),
    reason: card.getByLabel('Begrundelse'),
    run: card.getByRole('button', { name: 'Prøvekør udkastet' }),
    save: card.getByRole('button', { name: 'Gem grænserne' }),
  }
}

optional('chromium', hasChromium)('limits in the editor', () => {
  it('stand there with who set them, when, why and until when', TIMEOUT, async () => {
    const { page, shoot } = await openSettings('physician')
    const limits = page.getByRole('region', { name: 'Grænser' })
    const text = (name: string) => limits.getByRole('article', { name }).innerText()
    expect(await text('Iltmætning')).toContain(
      'sat for borgeren · laege-holm, 3. nov. 2026 · »Kronisk lav saturation, mål 86–90 %« · vurderes igen 1. feb. 2027',
    )
    const pulse = await text('Puls')
    expect(pulse).toContain('Rød under, Gul under og Rød over: skabelonen KOL')
    expect(pulse).toContain('Gul over: klinikken (naerklinikken) · overlaege-1')
    const temperature = await text('Temperatur')
    expect(temperature).toContain('Gul over: stadiet i skabelonen KOL')
    expect(temperature).toContain('38,0')
    expect(await text('Vægt')).toContain('Der er ingen grænser')
    await shoot('settings-1-limits')
  })

  it('may be tried by a nurse, who is told why she can not save', TIMEOUT, async () => {
    const { page, house, warningLow, run, card, shoot } = await editor('nurse')
    await page.getByText('det er en læges beslutning').waitFor()
    expect(await page.getByRole('button', { name: 'Gem grænserne' }).count()).toBe(0)
    expect(await page.getByRole('button', { name: /^Ret: Iltmætning/ }).count()).toBe(0)
    await warningLow.fill('88')
    await run.click()
    await card.getByRole('status').filter({ hasText: '8 kommer til' }).waitFor()
    await shoot('settings-2-nurse')
    expect(house.changes).toEqual([])
  })

  it('are refused at the field while they are typed, in the order of the broker', TIMEOUT, async () => {
    const { page, card, alertLow, warningLow, run, save, reason, house } = await editor()
    await alertLow.fill('90')
    await card.getByText('Skal være større end »Rød under«.').waitFor()
    expect(await warningLow.getAttribute('aria-invalid')).toBe('true')
    const described = (await warningLow.getAttribute('aria-describedby')) ?? ''
    expect(await card.locator(`[id="${described}"]`).innerText()).toBe('Skal være større end »Rød under«.')
    await reason.fill('Ny status')
    await save.click()
    await expect
      .poll(() => page.evaluate<string>('document.activeElement.id'))
      .toBe(await warningLow.getAttribute('id'))
    await alertLow.fill('otte')
    await card.getByText('Skriv et tal').waitFor()
    await alertLow.fill('20')
    await card.getByText('Skal være fra 50 til 100').waitFor()
    await alertLow.fill('')
    await warningLow.fill('')
    await card.getByText('Angiv mindst én grænse.').waitFor()
    expect(await run.getAttribute('aria-disabled')).toBe('true')
    await save.click()
    expect(house.changes).toEqual([])
  })

  it('are run dry by a button and again when they change, and told in words', TIMEOUT, async () => {
    const { card, warningLow, run, house, shoot } = await editor()
    const status = card.getByRole('status')
    await warningLow.fill('88')
    expect(house.trials).toEqual([])
    await run.click()
    await status
      .filter({ hasText: 'Seneste 8 uger: 1,5 alarmer om ugen nu (12 i alt), 2,5 med udkastet (20 i alt).' })
      .waitFor()
    await card.getByText('rød').first().waitFor()
    expect(await card.locator('.lane.added path').count()).toBe(8)
    await shoot('settings-3-dry-run')
    await warningLow.fill('86')
    await status.filter({ hasText: '0 kommer til, 0 forsvinder' }).waitFor()
    await card.getByLabel('Seneste').selectOption('26')
    await status.filter({ hasText: 'Seneste 26 uger' }).waitFor()
    expect(house.trials).toEqual([
      { limits: { alertLow: 83, warningLow: 88 }, weeks: 8 },
      { limits: { alertLow: 83, warningLow: 86 }, weeks: 8 },
      { limits: { alertLow: 83, warningLow: 86 }, weeks: 26 },
    ])
  })

  it('are saved with a reason once a dry run of these very values was seen', TIMEOUT, async () => {
    const { page, card, warningLow, run, save, reason, house, shoot } = await editor()
    await warningLow.fill('88')
    await save.click()
    await card.getByText('Skriv en begrundelse.').waitFor()
    await reason.fill('Bedre efter indlæggelse')
    await save.click()
    const dialog = page.getByRole('dialog', { name: 'Gem uden prøvekørsel?' })
    await dialog.waitFor()
    await shoot('settings-4-unseen')
    await dialog.getByRole('button', { name: 'Se prøvekørslen først' }).click()
    await card.getByRole('status').filter({ hasText: '8 kommer til' }).waitFor()
    await warningLow.fill('89')
    await save.click()
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await card.getByRole('status').filter({ hasText: '8 kommer til' }).waitFor()
    await card.getByText('Tallene gælder ikke længere udkastet.').waitFor({ state: 'detached' })
    await card.getByLabel('Vurderes igen den').fill('2027-03-01')
    await save.click()
    await page.getByText('Iltmætning: Grænserne er gemt og gælder fra nu.').waitFor()
    expect(await dialog.count()).toBe(0)
    expect(house.changes).toEqual([
      {
        call: 'PUT limits',
        body: {
          limits: { alertLow: 83, warningLow: 89 },
          reason: 'Bedre efter indlæggelse',
          reviewAt: '2027-02-28T23:00:00.000Z',
        },
        ifMatch: '"v1"',
      },
    ])
    expect(await card.innerText()).toContain('»Bedre efter indlæggelse«')
    await expect
      .poll(() => page.evaluate<string>('document.activeElement.getAttribute("aria-label")'))
      .toBe('Ret: Iltmætning')
    await run.waitFor({ state: 'detached' })
  })

  it('keep what was typed when a colleague was first, and show both', TIMEOUT, async () => {
    const { page, card, warningLow, run, save, reason, house, shoot } = await editor()
    await warningLow.fill('88')
    await reason.fill('Bedre')
    await run.click()
    await card.getByRole('status').filter({ hasText: '8 kommer til' }).waitFor()
    house.colleague({ effective: { alertLow: 84, warningLow: 87 } })
    await save.click()
    const conflict = card.getByRole('alert')
    await conflict.getByText('En anden har ændret grænserne imens').waitFor()
    expect(await conflict.getByRole('row', { name: 'Gul under' }).innerText()).toMatch(/87\s+88/)
    await shoot('settings-5-conflict')
    expect(await warningLow.inputValue()).toBe('88')
    expect(await reason.inputValue()).toBe('Bedre')
    // What it is compared with has changed, so it is run again before it counts as seen.
    await expect.poll(() => house.trials.length).toBe(2)
    await card.getByText('Tallene gælder ikke længere udkastet.').waitFor({ state: 'detached' })
    await save.click()
    await page.getByText('Iltmætning: Grænserne er gemt').waitFor()
    expect(house.changes.map(({ ifMatch }) => ifMatch)).toEqual(['"v1"', '"v2"'])
  })

  it('say at the field what the broker finds wrong with it', TIMEOUT, async () => {
    const { card, warningLow, run, save, reason, house } = await editor()
    await warningLow.fill('88')
    await reason.fill('Bedre')
    await run.click()
    await card.getByRole('status').filter({ hasText: '8 kommer til' }).waitFor()
    house.refuses = refusal(400, 'limits-invalid', 'limits.warningLow: must be from 50 to 90 %')
    await save.click()
    await card.getByText('Tallet er uden for det mulige.').waitFor()
    expect(await warningLow.getAttribute('aria-invalid')).toBe('true')
    await warningLow.fill('89')
    await card.getByText('Tallet er uden for det mulige.').waitFor({ state: 'detached' })
    house.refuses = 'unreachable'
    await card.getByText('Tallene gælder ikke længere udkastet.').waitFor({ state: 'detached' })
    await save.click()
    await card.getByText('Ingen forbindelse til serveren').waitFor()
    expect(await warningLow.inputValue()).toBe('89')
  })

  it('go back to what the template says, with a reason', TIMEOUT, async () => {
    const { page, card, house, shoot } = await editor()
    await card.getByRole('button', { name: 'Fjern borgerens egne grænser' }).click()
    const dialog = page.getByRole('dialog', { name: 'Tilbage til skabelonens grænser: Iltmætning' })
    const remove = dialog.getByRole('button', { name: 'Fjern borgerens egne grænser' })
    await remove.click()
    await dialog.getByText('Skriv en begrundelse.').waitFor()
    expect(await dialog.innerText()).toContain('88')
    await shoot('settings-6-back')
    await dialog.getByLabel('Begrundelse').fill('Stabil igen')
    await remove.click()
    await page.getByText('Iltmætning: Borgerens egne grænser er fjernet.').waitFor()
    expect(house.changes).toEqual([{ call: 'DELETE limits', body: { reason: 'Stabil igen' }, ifMatch: '"v1"' }])
    expect(await card.innerText()).toContain('skabelonen KOL')
  })

  it('are changed by keyboard alone', TIMEOUT, async () => {
    const { page, house } = await openSettings('physician')
    const focused = () =>
      page.evaluate<string>('document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent')
    const tabTo = async (name: string) => {
      for (let tries = 0; tries < 60; tries++) {
        if ((await focused()).startsWith(name)) return
        await page.keyboard.press('Tab')
      }
      throw new Error(`no way to ${name} by Tab`)
    }
    await tabTo('Ret')
    await page.keyboard.press('Enter')
    await tabTo('Gul under')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('88')
    await tabTo('Begrundelse')
    await page.keyboard.type('Bedre')
    await tabTo('Prøvekør udkastet')
    await page.keyboard.press('Enter')
    await page.getByRole('status').filter({ hasText: '8 kommer til' }).waitFor()
    for (let tries = 0; !(await focused()).startsWith('Gem grænserne') && tries < 60; tries++) {
      await page.keyboard.press('Shift+Tab')
    }
    await page.keyboard.press('Enter')
    await page.getByText('Iltmætning: Grænserne er gemt').waitFor()
    expect(house.changes).toHaveLength(1)
  })
})
