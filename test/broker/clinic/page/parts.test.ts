import type { Page, Route } from 'playwright-core'
import { expect, it } from 'vitest'
import { violations } from '../../../support/axe.ts'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { NURSE, openStage } from './page-stage.ts'

/** Pages come as files of their own: when each is fetched, and what somebody sees who is faster, or when one is gone. */

const TIMEOUT = { timeout: 60_000 }
/** On a machine that does something else too. */
const WITHIN = { timeout: 20_000 }
const HANDOVER = '**/assets/handover-page-*.js'

const files = (page: Page) =>
  page.evaluate<string[]>(`performance.getEntriesByType('resource')
    .map(({ name }) => /assets\\/(.+-page|first|shell)-.*\\.js$/.exec(name)?.[1]).filter((name) => name !== undefined)`)
const focused = (page: Page) =>
  page.evaluate<string>('document.activeElement.tagName + " " + document.activeElement.innerText')
const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name })

/** The hand-over's file is answered by the test, one request after another. */
async function withoutHandover(answer: (route: Route) => Promise<void> | void) {
  const stage = await openStage({ prepare: async ({ page }) => void (await page.route(HANDOVER, answer)) })
  await heading(stage.page, 'Arbejdsliste').waitFor()
  return stage
}
const goToHandover = (page: Page) => page.getByRole('link', { name: 'Vagtskifte' }).click()

optional('chromium', hasChromium)('pages in files of their own', () => {
  it('are fetched after the work list is there, and only those of the role', TIMEOUT, async () => {
    const { page, faults } = await openStage()
    await expect
      .poll(async () => (await files(page)).toSorted(), WITHIN)
      .toEqual(['citizen-page', 'first', 'handover-page', 'settings-page', 'shell'])
    const inOrder = await files(page)
    expect(inOrder.slice(0, 2).toSorted()).toEqual(['first', 'shell'])
    const asked = await page.evaluate<readonly [list: number, part: number]>(`[/work-list$/, /citizen-page/].map(
      (name) => performance.getEntriesByType('resource').find((one) => name.test(one.name)).startTime)`)
    expect(asked[0]).toBeLessThan(asked[1])
    expect(faults).toEqual([])
  })

  it('are fetched at once for who comes by their address', TIMEOUT, async () => {
    const stage = await openStage({ who: { ...NURSE, role: 'technician' }, hash: '#/fleet' })
    await heading(stage.page, 'Udstyr').waitFor()
    const fleet = await stage.page.evaluate<number>(`performance.getEntriesByType('resource')
      .find(({ name }) => name.includes('fleet-page')).startTime - performance.getEntriesByType('resource')
      .find(({ name }) => name.includes('/v1/fleet')).startTime`)
    expect(fleet).toBeLessThan(0)
    expect(await files(stage.page)).not.toContain('citizen-page')
  })

  it('are waited for in words; the focus is on the heading that waits and then on the page', TIMEOUT, async () => {
    const routes: Route[] = []
    const { page, faults } = await withoutHandover((route) => void routes.push(route))
    await goToHandover(page)
    await expect.poll(() => focused(page), WITHIN).toBe('H1 Henter siden …')
    expect(await page.title()).toContain('Vagtskifte')
    expect(await page.locator('main').getAttribute('aria-busy')).toBe('true')
    expect(await violations(page)).toEqual([])
    for (const route of routes) await route.continue()
    await page.getByLabel('Det vigtigste fra vagten').waitFor()
    await expect.poll(() => focused(page), WITHIN).toBe('H1 Vagtskifte')
    expect(await page.locator('main').getAttribute('aria-busy')).toBeNull()
    expect(faults).toEqual([])
  })

  it('leave the focus to who has gone on meanwhile', TIMEOUT, async () => {
    const routes: Route[] = []
    const { page } = await withoutHandover((route) => void routes.push(route))
    await goToHandover(page)
    await expect.poll(() => focused(page), WITHIN).toBe('H1 Henter siden …')
    const language = page.getByRole('button', { name: 'English' })
    await language.focus()
    for (const route of routes) await route.continue()
    await page.getByLabel('Det vigtigste fra vagten').waitFor()
    expect(await focused(page)).toBe('BUTTON English')
  })

  it(
    'that a new version has replaced are said to be, and the button opens the new version there',
    TIMEOUT,
    async () => {
      const gone = { now: true }
      const { page } = await withoutHandover((route) => (gone.now ? route.fulfill({ status: 404 }) : route.continue()))
      await goToHandover(page)
      await page.getByRole('alert').filter({ hasText: 'Der er installeret en ny version.' }).waitFor()
      expect(await violations(page)).toEqual([])
      gone.now = false
      await page.getByRole('button', { name: 'Hent på ny' }).click()
      await page.getByLabel('Det vigtigste fra vagten').waitFor()
      expect(page.url()).toContain('#/handover')
    },
  )

  it('that nobody answers for can be tried again, without losing anything', TIMEOUT, async () => {
    const cut = { now: true }
    const { page } = await withoutHandover((route) => (cut.now ? route.abort() : route.continue()))
    await page.route(
      (url) => url.pathname === '/',
      (route) => route.abort(),
    )
    await page.evaluate('void (window.still = true)')
    await goToHandover(page)
    await page.getByRole('alert').filter({ hasText: 'ingen forbindelse til serveren' }).waitFor()
    cut.now = false
    await page.getByRole('button', { name: 'Prøv igen' }).click()
    await page.getByLabel('Det vigtigste fra vagten').waitFor()
    expect(await page.evaluate('window.still')).toBe(true)
  })
})
