import { expect, it } from 'vitest'
import { violations } from '../../../support/axe.ts'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { NURSE, openStage, type Stage, type StageOptions } from './page-stage.ts'
import { ago, aList, anItem, citizenNamed } from './work-fixture.ts'

const SLOW = { timeout: 60_000 }
const [red, other, yellow] = [1, 2, 3].map(citizenNamed) as [string, string, string]
const WARD = aList([anItem(red, 'red'), anItem(other, 'red'), anItem(yellow, 'yellow')])
const EARLIER = {
  id: 'handover-0001',
  at: ago(480),
  by: 'nurse-0002',
  byName: 'Mette Lind',
  text: 'Rolig nat.\nLægen ringer kl. 9.',
  open: { red: 1, yellow: 4, blue: 2, unknown: 0, paused: 3 },
  citizens: [{ citizen: yellow, text: 'Ny dosis i går' }],
}

/** The page of the hand-over, with what was said before and what is said now. */
async function aShift(options: StageOptions = {}): Promise<Stage> {
  const items = [EARLIER]
  const stage = await openStage({
    list: WARD,
    hash: '#/handover',
    ...options,
    prepare({ answers }) {
      answers.set('GET /v1/handovers', () => ({ body: { items } }))
      answers.set('POST /v1/handovers', ({ body }) => {
        const said = body as Pick<typeof EARLIER, 'text' | 'citizens'>
        items.unshift({ ...EARLIER, ...said, id: 'handover-0002', at: ago(0), byName: NURSE.displayName })
        return { body: items[0] }
      })
    },
  })
  await stage.page.getByText('Mette Lind').waitFor()
  return stage
}

optional('chromium', hasChromium)('handing over to the next shift, in a browser', () => {
  it('shows what was said before, and gives what is to be watched to who comes', SLOW, async () => {
    const stage = await aShift()
    const { page } = stage
    const before = await page.getByRole('article').innerText()
    for (const said of ['for 8 timer siden', 'Mette Lind', 'Lægen ringer kl. 9.', yellow, 'Ny dosis i går', '4 gule']) {
      expect(before).toContain(said)
    }
    await page.getByRole('button', { name: 'Aflever vagten' }).click()
    await page.getByText('Skriv noget til næste vagt').waitFor()
    await page.getByLabel('Det vigtigste fra vagten').fill('To røde, begge ringet op.')
    await page.getByRole('button', { name: 'Tilføj alle røde' }).click()
    await page.getByLabel('Borger at holde øje med').fill('Ikke et id!')
    await page.getByRole('button', { name: 'Tilføj', exact: true }).click()
    await page.getByText('Et borger-id har').waitFor()
    await page.getByLabel('Borger at holde øje med').fill(yellow)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: `Fjern ${other}` }).click()
    await page.getByLabel(`Hold øje med ${red}`).fill('Måler igen kl. 12')
    await page.getByRole('button', { name: 'Aflever vagten' }).click()
    // What is missing is said, and the focus is there.
    await page.getByText('Skriv, hvad næste vagt skal holde øje med.').waitFor()
    await page.keyboard.type('Vægten')
    await stage.shoot('handover-da')
    await page.getByRole('button', { name: 'Aflever vagten' }).click()
    await page.getByRole('status').filter({ hasText: 'Vagten er afleveret.' }).waitFor()
    await expect.poll(() => page.getByRole('article').count()).toBe(2)
    expect(stage.calls.find(({ method }) => method === 'POST')?.body).toEqual({
      text: 'To røde, begge ringet op.',
      citizens: [
        { citizen: red, text: 'Måler igen kl. 12' },
        { citizen: yellow, text: 'Vægten' },
      ],
    })
    expect(await page.getByLabel('Det vigtigste fra vagten').inputValue()).toBe('')
    expect(stage.faults).toEqual([])
  })

  it(
    'keeps what was begun while one looks elsewhere and when the session ends; gone when one signs out',
    SLOW,
    async () => {
      const stage = await aShift()
      const { page } = stage
      const text = page.getByLabel('Det vigtigste fra vagten')
      await text.fill('Halvfærdig')
      await page.getByRole('link', { name: 'Arbejdsliste' }).click()
      await page.locator(`[data-citizen="${red}"]`).waitFor()
      await page.getByRole('link', { name: 'Vagtskifte' }).click()
      expect(await text.inputValue()).toBe('Halvfærdig')
      const signIn = async () => {
        stage.answers.set('POST /v1/session', () => {
          stage.who = NURSE
          return { body: NURSE }
        })
        await page.getByLabel('Bruger').fill('nurse-0001')
        await page.getByLabel('Adgangskode').fill('right')
        await page.keyboard.press('Enter')
      }
      stage.who = undefined
      stage.cut(false)
      await page.getByText('Du er logget ud, fordi').waitFor()
      expect(await page.content()).not.toContain('Halvfærdig')
      await signIn()
      await text.waitFor()
      expect(await text.inputValue()).toBe('Halvfærdig')
      await page.getByRole('button', { name: 'Log ud' }).click()
      await signIn()
      await page.getByRole('link', { name: 'Vagtskifte' }).click()
      expect(await text.inputValue()).toBe('')
    },
  )

  it.each([320, 1920])('has no violation found by axe and does not scroll sideways: %i px', SLOW, async (width) => {
    const stage = await aShift({ viewport: { width, height: 900 } })
    const { page } = stage
    await page.getByRole('button', { name: 'Tilføj alle røde' }).click()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await stage.shoot(`handover-${width}-${colorScheme}`)
      expect(await violations(page, colorScheme === 'light' ? 'everything' : 'contrast')).toEqual([])
    }
    const [inside, whole] = await page.evaluate<[number, number]>('[innerWidth, document.documentElement.scrollWidth]')
    expect(whole).toBeLessThanOrEqual(inside)
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByRole('heading', { name: 'Earlier hand-overs' }).waitFor()
  })
})
