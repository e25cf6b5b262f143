import { expect, it } from 'vitest'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { openSettings } from './settings-fixture.ts'

const TIMEOUT = { timeout: 60_000 }

async function aDraft() {
  const { page } = await openSettings('physician')
  const heading = page.getByRole('heading', { level: 1, name: 'Grænser og måleplan' })
  await page.getByRole('button', { name: 'Ret: Iltmætning' }).click()
  const reason = page.getByRole('region', { name: 'Grænser' }).getByLabel('Begrundelse')
  const asked = page.getByRole('dialog', { name: 'Forlad siden uden at gemme?' })
  const away = page.getByRole('navigation').getByRole('link', { name: 'Arbejdsliste' })
  return { page, heading, reason, asked, away, there: page.url() }
}

optional('chromium', hasChromium)('a draft of limits or a plan', () => {
  it('is not lost by a link or the way back without being asked, once', TIMEOUT, async () => {
    const { page, heading, reason, asked, away, there } = await aDraft()
    await reason.fill('Kronisk lav')
    await away.click()
    await asked.getByRole('button', { name: 'Bliv på siden' }).click()
    await asked.waitFor({ state: 'detached' })
    expect(await reason.inputValue()).toBe('Kronisk lav')
    expect(page.url()).toBe(there)
    await page.evaluate("location.hash = '#/handover'")
    await asked.waitFor()
    await page.keyboard.press('Escape')
    await asked.waitFor({ state: 'detached' })
    expect(await reason.inputValue()).toBe('Kronisk lav')
    await away.click()
    await asked.getByRole('button', { name: 'Forlad siden' }).click()
    await page.getByRole('heading', { level: 1, name: 'Arbejdsliste' }).waitFor()
    await page.goBack()
    await heading.waitFor()
    expect(await asked.count()).toBe(0)
    expect(await reason.count()).toBe(0)
  })

  it('that was not begun, given up or emptied again holds nobody', TIMEOUT, async () => {
    const { page, reason, asked, away } = await aDraft()
    await reason.fill('x')
    await reason.fill('')
    await away.click()
    await page.getByRole('heading', { level: 1, name: 'Arbejdsliste' }).waitFor()
    await page.goBack()
    await page.getByRole('button', { name: 'Ret: Iltmætning' }).click()
    await reason.fill('x')
    await page.getByRole('button', { name: 'Fortryd' }).click()
    await reason.waitFor({ state: 'detached' })
    await away.click()
    await page.getByRole('heading', { level: 1, name: 'Arbejdsliste' }).waitFor()
    expect(await asked.count()).toBe(0)
  })
})
