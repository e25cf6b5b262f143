import { expect, it } from 'vitest'
import { violations } from '../../../support/axe.ts'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { openStage, type Stage, type StageOptions } from './page-stage.ts'
import { ago, aLatest, aList, anAlert, anItem, changeOf, citizenNamed } from './work-fixture.ts'

const SLOW = { timeout: 60_000 }
const [red, yellow, blue, unknown, paused, fresh] = [1, 2, 3, 4, 5, 6].map(citizenNamed) as [
  string,
  string,
  string,
  string,
  string,
  string,
]

const WARD = aList([
  anItem(red, 'red', {
    alerts: [
      anAlert(red, 'red', { repeatBy: ago(-15) }),
      anAlert(red, 'yellow', {
        evidence: [{ quantity: 'weight', value: 84.3, limit: 82, unit: 'kg', bound: 'gain', at: ago(60) }],
      }),
    ],
  }),
  anItem(yellow, 'yellow', {
    latest: [
      aLatest('oxygenSaturation', 87, { flags: ['doubtful', 'late'], measuredAt: ago(90) }),
      aLatest('bodyTemperature', 37.4, { kind: 'temperature', unit: 'Cel', decimals: 1, flags: ['typed-by-staff'] }),
    ],
  }),
  anItem(blue, 'blue', { since: ago(150), latest: [] }),
  anItem(unknown, 'unknown'),
  anItem(paused, 'yellow', {
    pausedUntil: ago(-2000),
    alerts: [anAlert(paused, 'yellow', { pausedBy: 'pause-0001' })],
  }),
])

/** A ward on the screen. */
async function aWard(options: StageOptions = {}): Promise<Stage> {
  const stage = await openStage({ list: WARD, ...options })
  await stage.page.locator(`[data-citizen="${red}"]`).waitFor()
  return stage
}
const order = (stage: Stage) =>
  stage.page.locator('[data-citizen]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-citizen')))
const focused = (page: Stage['page']) => page.evaluate<string>('document.activeElement.textContent')
const newRed = (citizen: string) =>
  anItem(citizen, 'red', { since: ago(0), alerts: [anAlert(citizen, 'red', { raisedAt: ago(0) })] })
const tellRed = (stage: Stage, citizen = fresh) => stage.change(changeOf(anAlert(citizen, 'red')), newRed(citizen))
/** A phone, a desk, a wall. */
const SIZES = [
  [320, 700],
  [1280, 800],
  [1920, 1080],
] as const

optional('chromium', hasChromium)('the work list in a browser', () => {
  it('shows worst first who needs somebody, since when, why, and with what it was measured', SLOW, async () => {
    const stage = await aWard()
    const { page } = stage
    expect(await order(stage)).toEqual([red, yellow, blue, unknown, paused])
    const row = (citizen: string) => page.locator(`[data-citizen="${citizen}"]`)
    const said = (await row(red).innerText()).replaceAll('\u00a0', ' ')
    expect(said).toContain('Rød')
    expect(said).toContain('siden 09.48 (12 min.)')
    expect(said).toContain('Iltmætning 82 % er under den røde grænse 85 %')
    expect(said).toContain('bed om en ny senest 10.15')
    expect(said).toContain('Vægt 84,3 kg: steget 2,3 kg fra 82,0 kg')
    expect(said).toContain('for 3 min. siden (09.57) · oximeter-0001')
    expect(said).toContain('82,5 kg')
    const doubtful = await row(yellow).innerText()
    for (const flag of ['tvivlsom', 'kom for sent', 'indtastet af personalet']) expect(doubtful).toContain(flag)
    expect(await row(blue).innerText()).toContain('Blodtryk, hjemme mangler')
    expect(await row(unknown).innerText()).toContain('hubben i hjemmet er tavs')
    expect(await row(paused).innerText()).toContain('På pause til')
    expect(await page.title()).toBe('(1) Arbejdsliste · PreCare')
    await stage.shoot('work-list-da')
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByText('is below the red limit').first().waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    expect(await page.locator('main').innerText()).not.toMatch(/siden|under den/)
    // In one line: words are never broken in the middle.
    const acknowledge = await page
      .getByRole('button', { name: /^Acknowledge/ })
      .first()
      .boundingBox()
    expect(acknowledge?.height).toBeLessThan(48)
    await stage.shoot('work-list-en')
    expect(stage.faults).toEqual([])
  })

  it(
    'has no violation found by axe and does not scroll sideways, light and dark, from a phone to a wall',
    SLOW,
    async () => {
      const stage = await aWard({ viewport: { width: 320, height: 700 } })
      const { page } = stage
      for (const [index, [width, height]] of SIZES.entries()) {
        await page.setViewportSize({ width, height })
        const clean = async (of?: 'contrast') => expect([width, ...(await violations(page, of))]).toEqual([width])
        const come = citizenNamed(10 + index)
        tellRed(stage, come)
        await page.getByRole('button', { name: `Set: ${come}` }).waitFor()
        for (const colorScheme of ['dark', 'light'] as const) {
          await page.emulateMedia({ colorScheme })
          await stage.shoot(`work-list-${width}-${colorScheme}`)
          await clean(colorScheme === 'dark' ? 'contrast' : undefined)
        }
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
        await page.getByRole('button', { name: `Set: ${come}` }).click()
        await page.getByRole('button', { name: `Kvittér ${red}` }).click()
        await page.getByRole('dialog').waitFor()
        await stage.shoot(`acknowledge-${width}`)
        await clean()
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
      }
    },
  )

  it('has a new alert within a second, says so over the top, and sounds', SLOW, async () => {
    const stage = await aWard({
      prepare: async ({ page }) => {
        await page.addInitScript(`window.tones = 0; const Real = OscillatorNode
          window.OscillatorNode = class extends Real { start(at) { window.tones += 1; super.start(at) } }`)
      },
    })
    const { page } = stage
    await page.getByRole('button', { name: 'Lyden er spærret' }).click()
    await page.getByRole('button', { name: 'Lyd til' }).waitFor()
    await expect.poll(() => stage.streams).toBe(1)
    await page.mouse.move(0, 0)
    const told = Date.now()
    tellRed(stage)
    await page.locator(`[data-citizen="${fresh}"]`).waitFor()
    expect(Date.now() - told).toBeLessThan(1_000)
    const bar = page.getByRole('alert').filter({ hasText: fresh })
    await expect.poll(() => bar.innerText()).toContain('er under den røde grænse')
    expect(await page.evaluate('window.tones')).toBe(3)
    await page.getByRole('button', { name: 'Lyd til' }).click()
    stage.change(changeOf(anAlert(citizenNamed(7), 'red')), anItem(citizenNamed(7), 'red'))
    await page.locator(`[data-citizen="${citizenNamed(7)}"]`).waitFor()
    expect(await page.evaluate('window.tones')).toBe(3)
    await page.reload()
    await page.getByRole('button', { name: 'Lyd fra' }).waitFor()
  })

  it(
    'moves nothing under the pointer: what changed is shown in place, what would move waits to be asked for',
    SLOW,
    async () => {
      const stage = await aWard()
      const { page } = stage
      const row = page.locator(`[data-citizen="${yellow}"]`)
      await expect.poll(() => stage.streams).toBe(1)
      await row.hover()
      const before = await row.boundingBox()
      tellRed(stage)
      const worse = { ...anAlert(yellow, 'red'), raisedAt: ago(0) }
      stage.change(changeOf(worse), anItem(yellow, 'red', { since: ago(50), alerts: [worse] }))
      await row.getByText('Rød', { exact: true }).waitFor()
      await page.getByRole('button', { name: '2 ændringer – vis' }).waitFor()
      expect((await row.boundingBox())?.y).toBe(before?.y)
      expect(await order(stage)).toEqual([red, yellow, blue, unknown, paused])
      // The red is said at once all the same.
      await page.getByRole('alert').filter({ hasText: yellow }).waitFor()
      await stage.shoot('held-back')
      await page.getByRole('button', { name: '2 ændringer – vis' }).click()
      await expect.poll(() => order(stage)).toEqual([yellow, red, fresh, blue, unknown, paused])
    },
  )

  it('keeps the row under the pointer where it is when one above it grows', SLOW, async () => {
    const stage = await aWard({ viewport: { width: 900, height: 420 } })
    const { page } = stage
    await expect.poll(() => stage.streams).toBe(1)
    const row = page.locator(`[data-citizen="${blue}"]`)
    await row.hover()
    const before = await row.boundingBox()
    const more = [1, 2, 3].map((n) => anAlert(red, 'red', { alert: `alert-more-${n}`, unstable: true }))
    stage.change(changeOf(anAlert(red, 'red', { revision: 2 }), true), anItem(red, 'red', { alerts: more }))
    await page
      .locator(`[data-citizen="${red}"]`)
      .getByText('Svinger frem og tilbage')
      .first()
      .waitFor({ state: 'attached' })
    expect(Math.round((await row.boundingBox())?.y ?? 0)).toBe(Math.round(before?.y ?? 0))
  })

  it(
    'shows what waited by itself when nobody has moved for ten seconds, and keeps the focus where it is',
    SLOW,
    async () => {
      const stage = await aWard({ prepare: ({ page }) => page.clock.install() })
      const { page } = stage
      await expect.poll(() => stage.streams).toBe(1)
      const link = page.locator(`[data-citizen="${yellow}"] a`)
      await link.focus()
      tellRed(stage)
      await page.getByRole('button', { name: '1 ændring – vis' }).waitFor()
      const top = (await link.boundingBox())?.y
      await page.clock.runFor(9_000)
      expect(await order(stage)).not.toContain(fresh)
      await page.clock.runFor(1_500)
      await expect.poll(() => order(stage)).toContain(fresh)
      expect(await focused(page)).toContain(yellow)
      expect(Math.abs(((await link.boundingBox())?.y ?? 0) - (top ?? 0))).toBeLessThanOrEqual(200)
    },
  )

  it('is worked by keyboard alone: arrows, a and Enter, and a only on a row', SLOW, async () => {
    const stage = await aWard()
    const { page } = stage
    const path = `/v1/citizens/${red}/alerts/alert-0001-red/acknowledge`
    stage.answers.set(`POST ${path}`, () => ({ body: {} }))
    await page.keyboard.press('a')
    expect(await page.getByRole('dialog').count()).toBe(0)
    await page.locator(`[data-citizen="${red}"] a`).focus()
    await page.keyboard.press('ArrowDown')
    expect(await focused(page)).toContain(yellow)
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('a')
    const dialog = page.getByRole('dialog', { name: `Kvittér: ${red}` })
    await dialog.waitFor()
    expect(await page.evaluate('document.activeElement.name')).toBe('action')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await focused(page)).toContain(red)
    await page.keyboard.press('a')
    // The yellow one stays open.
    await dialog.getByRole('checkbox').nth(1).press('Space')
    await dialog.getByRole('button', { name: 'Ringet til borgeren.' }).press('Enter')
    await page.keyboard.type(' Han hoster mindre.')
    await dialog.getByRole('button', { name: 'Kvittér' }).press('Enter')
    await page
      .getByRole('status')
      .filter({ hasText: `Kvitteret: ${red}` })
      .waitFor()
    expect(stage.calls.filter(({ method }) => method === 'POST')).toEqual([
      { method: 'POST', path, body: { action: 'Ringet til borgeren. Han hoster mindre.' }, seen: '"1"' },
    ])
    await page.locator(`[data-citizen="${red}"] a`).press('Enter')
    expect(page.url()).toBe(`${stage.url}/#/citizens/${red}`)
  })

  it('leaves the focus at the row whose button goes, while the dialog is open or afterwards', SLOW, async () => {
    const stage = await aWard()
    const { page } = stage
    for (const [citizen, level, when] of [
      [red, 'red', 'open'],
      [yellow, 'yellow', 'afterwards'],
    ] as const) {
      const button = page.locator(`[data-citizen="${citizen}"]`).getByRole('button', { name: 'Kvittér' })
      const taken = { ...anAlert(citizen, level), state: 'acknowledged', revision: 2 } as const
      const take = async () => {
        stage.change(changeOf(taken), anItem(citizen, level, { acknowledged: true, alerts: [taken] }))
        await button.waitFor({ state: 'detached' })
      }
      await button.press('Enter')
      await page.getByRole('dialog').waitFor()
      if (when === 'open') await take()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      if (when === 'afterwards') await take()
      expect([when, await focused(page)]).toEqual([when, expect.stringContaining(citizen)])
      expect(await page.evaluate('document.activeElement.tagName')).toBe('A')
    }
  })

  it.each(SIZES)('has a red below the header, and moves nothing: %i px', SLOW, async (width) => {
    const stage = await aWard({ viewport: { width, height: 700 } })
    const { page } = stage
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    await expect.poll(() => stage.streams).toBe(1)
    const top = () => page.locator(`[data-citizen="${red}"]`).evaluate((row) => row.getBoundingClientRect().top)
    await page.locator(`[data-citizen="${red}"] a`).focus()
    const before = await top()
    tellRed(stage)
    const bar = page.getByRole('region', { name: 'Nye røde alarmer' })
    await bar.getByText(fresh).waitFor()
    expect(await top()).toBe(before)
    const bottom = await page.getByRole('banner').evaluate((header) => header.getBoundingClientRect().bottom)
    const begins = await bar.getByRole('alert').evaluate((said) => said.getBoundingClientRect().top)
    expect(begins).toBeGreaterThanOrEqual(bottom)
    await stage.shoot(`red-bar-${width}`)
    await page.evaluate('scrollTo(0, document.body.scrollHeight)')
    expect(await bar.getByRole('link').evaluate((link) => link.getBoundingClientRect().top)).toBeGreaterThanOrEqual(0)
  })

  it('shows who was faster, keeps what was written, and goes on from there', SLOW, async () => {
    const stage = await aWard()
    const { page } = stage
    const path = `POST /v1/citizens/${yellow}/alerts/alert-0002-yellow/acknowledge`
    stage.answers.set(path, ({ seen }) =>
      seen === '"2"' ? { body: {} } : { status: 412, body: { error: { code: 'alert-changed', advice: '' } } },
    )
    await page.getByRole('button', { name: `Kvittér ${yellow}` }).click()
    await page.getByLabel('Hvad er gjort?').fill('Ringet')
    const worse = anAlert(yellow, 'red', { alert: 'alert-0002-yellow', revision: 2 })
    stage.list = aList([anItem(yellow, 'red', { alerts: [worse] })])
    await page.getByRole('dialog').getByRole('button', { name: 'Kvittér' }).click()
    await page.getByText('En anden har ændret det imens').waitFor()
    await page.getByRole('dialog').getByText('er under den røde grænse').waitFor()
    expect(await page.getByLabel('Hvad er gjort?').inputValue()).toBe('Ringet')
    await stage.shoot('somebody-was-faster')
    await page.getByRole('dialog').getByRole('button', { name: 'Kvittér' }).click()
    await page
      .getByRole('status')
      .filter({ hasText: `Kvitteret: ${yellow}` })
      .waitFor()
  })

  it('closes with a reason', SLOW, async () => {
    const stage = await aWard()
    const path = `/v1/citizens/${blue}/alerts/alert-0003-blue/close`
    stage.answers.set(`POST ${path}`, () => ({ body: {} }))
    await stage.page.getByRole('button', { name: `Afslut ${blue}` }).click()
    await stage.page.getByLabel('Kendt tilstand').check()
    await stage.shoot('close')
    await stage.page.getByRole('dialog').getByRole('button', { name: 'Afslut' }).click()
    await stage.page.getByRole('status').filter({ hasText: 'Afsluttet' }).waitFor()
    expect(stage.calls.find((call) => call.path === path)).toMatchObject({
      body: { reason: 'known-condition' },
      seen: '"1"',
    })
  })

  it('asks for the list once when it is opened: the line begins where the list ends', SLOW, async () => {
    const stage = await aWard()
    await stage.page.getByText('Direkte', { exact: true }).waitFor()
    tellRed(stage)
    await stage.page.locator(`[data-citizen="${fresh}"]`).waitFor()
    expect(stage.calls.filter(({ path }) => path === '/v1/work-list')).toHaveLength(1)
  })

  it('says of which day a time is from midnight on, also in a row in which nothing has changed', SLOW, async () => {
    const stage = await aWard({
      list: { ...WARD, at: '2026-11-22T22:59:55.000Z' },
      prepare: ({ page }) => page.clock.install(),
    })
    const why = stage.page.locator(`[data-citizen="${red}"] .why`)
    const said = async () => (await why.innerText()).replaceAll('\u00a0', ' ')
    expect(await said()).toContain('bed om en ny senest 10.15')
    await stage.page.clock.runFor(12_000)
    await expect.poll(said).toContain('bed om en ny senest 22. nov. 10.15')
  })

  it('shows a list that comes before the first drawing is done', SLOW, async () => {
    // As on a slow computer: what is to be done after the drawing is done after the answers.
    const late = async ({ page }: Stage) => {
      await page.addInitScript(`
        const soon = setTimeout
        setTimeout = (work, ms = 0, ...rest) => soon(work, ms < 100 ? 300 : ms, ...rest)
        requestAnimationFrame = () => 0
      `)
    }
    const stage = await openStage({ list: WARD, prepare: late })
    await stage.page.locator(`[data-citizen="${red}"]`).waitFor({ timeout: 5_000 })
  })

  it('shows a windowful at once, and all 300 soon after', SLOW, async () => {
    const citizens = Array.from({ length: 300 }, (_, index) => citizenNamed(index + 1))
    const stage = await openStage({
      list: aList(citizens.map((citizen) => anItem(citizen, 'yellow'))),
      prepare: async ({ page }) => {
        await page.addInitScript(`new PerformanceObserver((list, observer) => {
          if (list.getEntriesByName('shown').length === 0) return
          observer.disconnect()
          const rows = [...document.querySelectorAll('li[data-citizen]')]
          window.atTheMark = { rows: rows.length, lowest: rows.at(-1).getBoundingClientRect().bottom - innerHeight }
        }).observe({ type: 'mark' })`)
      },
    })
    await expect.poll(() => stage.page.locator('[data-citizen]').count(), { timeout: 20_000 }).toBe(300)
    const { rows, lowest } = await stage.page.evaluate<{ rows: number; lowest: number }>('window.atTheMark')
    expect(lowest).toBeGreaterThan(0)
    expect(rows).toBeLessThan(300)
    expect(await order(stage)).toEqual(citizens)
  })

  it(
    'looks every 15 seconds when the line is cut, and never looks fresh when nothing was heard for 30',
    SLOW,
    async () => {
      const stage = await aWard({ prepare: ({ page }) => page.clock.install() })
      const { page } = stage
      const lists = () => stage.calls.filter(({ path }) => path === '/v1/work-list').length
      const isStale = async () => (await page.locator('main.stale').count()) === 1
      await page.getByText('Direkte', { exact: true }).waitFor()
      stage.cut(true)
      await page.getByText('Ser efter hvert 15. sekund').waitFor()
      // The first look comes at once, the next ones every 15 s.
      for (const most of [3, 17, 17]) {
        const before = lists()
        expect(await secondsUntil(page, async () => lists() > before)).toBeLessThanOrEqual(most)
      }
      tellRed(stage)
      // Bar and sound come by looking, too.
      expect(await secondsUntil(page, () => page.getByText('Ny rød alarm').first().isVisible())).toBeLessThanOrEqual(17)
      expect(await isStale()).toBe(false)
      stage.answers.set('GET /v1/work-list', () => 'cut')
      expect(await secondsUntil(page, isStale)).toBeLessThanOrEqual(31)
      await page.getByText('Kan være forkert').waitFor()
      await page.getByText('Ingen forbindelse siden').waitFor()
      await stage.shoot('stale')
      expect(await violations(page)).toEqual([])
      stage.answers.delete('GET /v1/work-list')
      stage.cut(false)
      await secondsUntil(page, () => page.getByText('Direkte', { exact: true }).isVisible())
      await secondsUntil(page, async () => !(await isStale()))
    },
  )

  it('takes a line on which nothing is heard for dead, whatever TCP believes', SLOW, async () => {
    const stage = await aWard({ prepare: ({ page }) => page.clock.install() })
    const { page } = stage
    const isLive = () => page.getByText('Direkte', { exact: true }).isVisible()
    await secondsUntil(page, isLive)
    stage.answers.set('GET /v1/work-list', () => 'cut')
    stage.answers.set('GET /v1/changes', () => 'cut')
    expect(await secondsUntil(page, async () => !(await isLive()))).toBeLessThanOrEqual(22)
    const seconds = await secondsUntil(page, () => page.getByText('Ingen forbindelse siden').isVisible())
    expect(seconds).toBeLessThanOrEqual(12)
  })
})

/** Lets a second pass, and another, until it is so. @returns how many it took */
async function secondsUntil(page: Stage['page'], isSo: () => Promise<boolean>): Promise<number> {
  for (let seconds = 0; seconds < 120; seconds += 1) {
    if (await isSo()) return seconds
    await page.clock.runFor(1_000)
    // What was asked for in that second is answered before the next one begins.
    await page.evaluate('fetch("/v1/session").then((answer) => answer.text())')
  }
  throw new Error('not within two minutes')
}
