import { expect, it } from 'vitest'
import { violations } from '../../../support/axe.ts'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { layoutFaults } from './page-fixture.ts'
import { openSettings } from './settings-fixture.ts'

/** Limits and plan for everybody: narrow and wide, light and dark, Danish and English. */

optional('chromium', hasChromium)('limits and plan, with both editors open', () => {
  it('break no rule of axe, fit the window, and can be hit, on a phone and on a wall screen', {
    timeout: 60_000,
  }, async () => {
    const { page, shoot } = await openSettings('physician', { width: 320, scheme: 'light' })
    await page.getByRole('button', { name: 'Ret: Iltmætning' }).click()
    await page.getByRole('button', { name: 'Ret planen: Iltmætning' }).click()
    for (const width of [320, 1920]) {
      await page.setViewportSize({ width, height: 900 })
      await page.getByLabel('Gul under').first().fill('82')
      await page.getByText('Skal være større end').waitFor()
      await page.getByRole('status').filter({ hasText: 'målinger ventes' }).waitFor()
      expect([width, ...(await violations(page))]).toEqual([width])
      await page.getByLabel('Gul under').first().fill('88')
      await page.getByRole('button', { name: 'Prøvekør udkastet' }).click()
      await page.getByRole('status').filter({ hasText: '8 kommer til' }).waitFor()
      await page.getByRole('button', { name: 'English' }).click()
      await page.getByRole('heading', { name: 'Limits and measurement plan' }).waitFor()
      await shoot(`settings-${width}-light`)
      expect([width, ...(await violations(page))]).toEqual([width])
      await page.emulateMedia({ colorScheme: 'dark' })
      await shoot(`settings-${width}-dark`)
      expect([width, ...(await violations(page, 'contrast'))]).toEqual([width])
      expect([width, ...(await layoutFaults(page))]).toEqual([width])
      await page.emulateMedia({ colorScheme: 'light' })
      await page.getByRole('button', { name: 'Dansk' }).click()
    }
  })
})
