import { expect, it } from 'vitest'
import { violations } from '../../../support/axe.ts'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { anotherPage, NURSE, openStage, SIGNED_OUT, type Stage } from './page-stage.ts'
import { aList, anItem, citizenNamed } from './work-fixture.ts'

const SLOW = { timeout: 60_000 }
const citizen = citizenNamed(1)
const WARD = aList([anItem(citizen, 'red')])

async function fill(stage: Stage, password: string, code = ''): Promise<void> {
  const { page } = stage
  await page.getByLabel('Bruger').fill('nurse-0001')
  await page.getByLabel('Adgangskode').fill(password)
  await page.getByLabel('Kode fra din godkendelses-app').fill(code)
  await page.getByRole('button', { name: 'Log ind', exact: true }).click()
}
const signIn = (stage: Stage, status: number, code: string) =>
  stage.answers.set('POST /v1/session', () => ({ status, body: { error: { code, advice: 'x' } } }))
function letIn(stage: Stage, who: Stage['who'] = NURSE): void {
  stage.answers.set('POST /v1/session', () => {
    stage.who = who
    return { body: who }
  })
}

optional('chromium', hasChromium)('signing in, in a browser', () => {
  it('says what is wrong, asks for the code when it is wanted, and lets in', SLOW, async () => {
    const stage = await openStage({ who: undefined, list: WARD })
    const { page } = stage
    const problem = page.getByRole('alert')
    signIn(stage, 403, 'sign-in-wrong')
    await fill(stage, 'wrong')
    await problem.getByText('Bruger, adgangskode eller kode er forkert.').waitFor()
    await stage.shoot('sign-in-wrong')
    signIn(stage, 429, 'too-many-attempts')
    await fill(stage, 'wrong')
    await problem.getByText('Vent 15 minutter').waitFor()
    signIn(stage, 403, 'code-wanted')
    await fill(stage, 'right')
    await problem.getByText('Skriv koden fra din godkendelses-app.').waitFor()
    expect(await page.evaluate('document.activeElement.name')).toBe('code')
    stage.answers.set('POST /v1/session', () => 'cut')
    await fill(stage, 'right', '123 456')
    await problem.getByText('Ingen forbindelse').waitFor()
    letIn(stage)
    await fill(stage, 'right', '123 456')
    await page.getByRole('heading', { name: 'Arbejdsliste' }).waitFor()
    const sent = stage.calls.filter(({ method, path }) => method === 'POST' && path === '/v1/session')
    expect(sent.at(-1)?.body).toEqual({ user: 'nurse-0001', password: 'right', code: '123456' })
    expect(sent[0]?.body).toEqual({ user: 'nurse-0001', password: 'wrong' })
    // No identity provider is set up, so none is offered.
    expect(stage.faults).toEqual([])
  })

  it('offers the identity provider only where there is one', SLOW, async () => {
    const stage = await openStage({
      who: undefined,
      prepare: ({ answers }) =>
        void answers.set('GET /v1/session/provider', () => ({ status: 303, headers: { location: '/provider' } })),
    })
    const link = stage.page.getByRole('link', { name: 'Log ind med organisationens login' })
    expect(await link.getAttribute('href')).toBe('/v1/session/provider')
    stage.answers.delete('GET /v1/session/provider')
    await stage.page.reload()
    await stage.page.getByLabel('Bruger').waitFor()
    await expect.poll(() => stage.calls.filter(({ path }) => path === '/v1/session/provider').length).toBe(2)
    expect(await link.count()).toBe(0)
  })

  it('sets up an authenticator the first time', SLOW, async () => {
    const missing = { ...NURSE, factorMissing: true }
    const stage = await openStage({ who: undefined, list: WARD })
    const { page } = stage
    letIn(stage, missing)
    const uri = 'otpauth://totp/PreCare:nurse-0001?secret=ABCDEFGHIJKLMNOP'
    stage.answers.set('POST /v1/session/factor', () => ({ body: { secret: 'ABCDEFGHIJKLMNOP', uri } }))
    stage.answers.set('PUT /v1/session/factor', ({ body }) => {
      if (JSON.stringify(body) !== '{"code":"123456"}') {
        return { status: 403, body: { error: { code: 'sign-in-wrong', advice: '' } } }
      }
      stage.who = NURSE
      return { body: NURSE }
    })
    await fill(stage, 'right')
    await page.getByText('ABCD EFGH IJKL MNOP').waitFor()
    expect(await page.getByRole('link', { name: 'Åbn i appen' }).getAttribute('href')).toBe(uri)
    expect(await violations(page)).toEqual([])
    await stage.shoot('second-factor')
    await page.getByLabel('Kode fra din godkendelses-app').fill('000000')
    await page.getByRole('button', { name: 'Bekræft' }).click()
    await page.getByText('Koden passer ikke').waitFor()
    await page.getByLabel('Kode fra din godkendelses-app').fill('123456')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Arbejdsliste' }).waitFor()
  })

  it('says that the session has ended, and goes on where one was', SLOW, async () => {
    const stage = await openStage({ list: WARD, hash: `#/citizens/${citizen}/settings` })
    const { page } = stage
    await page.getByRole('button', { name: 'Log ud' }).waitFor()
    stage.who = undefined
    // The broker ends the stream with the session (broker/clinic/changes.ts); what the page then hears is that it is out.
    stage.answers.set('GET /v1/changes', () => SIGNED_OUT)
    stage.cut(false)
    await page.getByText('Du er logget ud, fordi').waitFor()
    await stage.shoot('session-ended')
    expect(await violations(page)).toEqual([])
    letIn(stage)
    stage.answers.delete('GET /v1/changes')
    await fill(stage, 'right', '123456')
    await page.getByRole('button', { name: 'Log ud' }).waitFor()
    expect(page.url()).toContain(`#/citizens/${citizen}/settings`)
  })

  it('leaves nothing of a citizen in the document when one signs out', SLOW, async () => {
    const stage = await openStage({ list: WARD })
    const { page } = stage
    await page.locator(`[data-citizen="${citizen}"] a`).click()
    await page.getByRole('heading', { level: 1, name: citizen }).waitFor()
    expect(page.url()).toContain(citizen)
    await page.getByRole('button', { name: 'Log ud' }).click()
    await page.getByText('Du er logget ud.').waitFor()
    expect(await page.content()).not.toContain('citizen-0')
    expect(await page.content()).not.toContain(NURSE.displayName)
    expect(`${page.url()} ${await page.title()}`).not.toContain('citizen-0')
    expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])')).not.toMatch(
      /citizen|nurse|Karen/,
    )
    expect(stage.calls.some(({ method, path }) => method === 'DELETE' && path === '/v1/session')).toBe(true)
    await expect.poll(() => stage.streams).toBe(0)
  })

  it('notices that somebody else has signed in, in another window of the same browser', SLOW, async () => {
    const stage = await openStage({ list: WARD })
    await stage.page.locator(`[data-citizen="${citizen}"]`).waitFor()
    const other = await anotherPage(stage)
    await other.getByRole('button', { name: 'Log ud' }).click()
    await stage.page.getByLabel('Bruger').waitFor()
    expect(await stage.page.content()).not.toContain(citizen)
    const physician = { ...NURSE, user: 'physician-0001', displayName: 'Ole Bang', role: 'physician' }
    letIn(stage, physician)
    await other.getByLabel('Bruger').fill('physician-0001')
    await other.getByLabel('Adgangskode').fill('right')
    await other.getByRole('button', { name: 'Log ind', exact: true }).click()
    await stage.page.getByText('Ole Bang (læge)').waitFor()
    await stage.page.locator(`[data-citizen="${citizen}"]`).waitFor()
  })

  it('shows a technician the fleet, an auditor nothing, and each only the pages of the role', SLOW, async () => {
    const stage = await openStage({ who: { ...NURSE, role: 'technician' }, hash: '#/' })
    const { page } = stage
    await page.getByRole('link', { name: 'Udstyr' }).waitFor()
    await expect.poll(() => page.url()).toContain('#/fleet')
    expect(await page.getByRole('navigation').getByRole('link').count()).toBe(1)
    expect(stage.calls.map(({ path }) => path)).not.toContain('/v1/work-list')
    stage.who = { ...NURSE, role: 'auditor' }
    await page.reload()
    await page.getByText('Din rolle har ingen side her').waitFor()
    stage.who = NURSE
    await page.goto(`${stage.url}/#/fleet`)
    await page.reload()
    await page.getByText('Siden er ikke for din rolle').waitFor()
    expect(await page.getByRole('link', { name: 'Udstyr' }).count()).toBe(0)
  })

  it('has no violation found by axe at 320 px, light and dark', SLOW, async () => {
    const stage = await openStage({ who: undefined, viewport: { width: 320, height: 640 }, scheme: 'dark' })
    await stage.page.getByLabel('Bruger').waitFor()
    expect(await violations(stage.page, 'contrast')).toEqual([])
    await stage.shoot('sign-in-320-dark')
    await stage.page.emulateMedia({ colorScheme: 'light' })
    expect(await violations(stage.page)).toEqual([])
    await stage.shoot('sign-in-320-light')
    await stage.page.getByRole('button', { name: 'English' }).click()
    await stage.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })
})
