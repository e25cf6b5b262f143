import { expect, it } from 'vitest'
import { violations } from '../../../support/axe.ts'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { AT, FLEET, hub, KNOWN, MANY, openFleet } from './fleet-fixture.ts'
import { layoutFaults, refusal } from './page-fixture.ts'

/** A technician looks after the hubs of a clinic. */

const TIMEOUT = { timeout: 60_000 }
optional('chromium', hasChromium)('the fleet', () => {
  it('is where a technician lands: worst first, in words that say what to do', TIMEOUT, async () => {
    const { page, shoot, house } = await openFleet('technician', FLEET, { at: AT })
    await page.getByRole('heading', { name: 'Udstyr' }).waitFor()
    const hubs = page.locator('.hub')
    await hubs.last().waitFor()
    const names = await hubs.getByRole('heading').allInnerTexts()
    expect(names.map((name) => name.replace(/\s+/g, ' '))).toEqual([
      'Handl nu hub-0001',
      'Handl nu hub-0002',
      'Handl nu hub-0003',
      'Se på det hub-0004',
      'I orden hub-0005',
      'Se på det hub-0006',
    ])
    const [first = '', radio = '', third = '', clock = '', , unheard = ''] = await hubs.allInnerTexts()
    expect(first).toContain('Hubben er ikke forbundet: i 2 timer. Bed borgeren se efter strøm')
    expect(first).toContain('Målinger venter på at blive sendt: 14, den ældste 2 timer gammel.')
    expect(radio).toContain('Bluetooth virker ikke. Bed borgeren tage strømmen fra hubben')
    expect(third).toContain('Opdateringen lykkedes ikke: 1.4.2.')
    expect(clock).toContain('Lavt batteri i et apparat: oximeter-0004 4 %.')
    expect(clock).toContain('cuff-0004 (skal parres igen)')
    expect(clock).toContain('something-new')
    expect(unheard).toContain('ikke siden serveren startede')
    await page.getByText('Apparater og alle oplysninger').nth(3).click()
    const facts = async () => (await page.locator('.devices').innerText()).replace(/\s+/g, ' ')
    const devices = await facts()
    expect(devices).toContain('2 timer bagud')
    expect(devices).toContain('for 2 timer siden')
    expect(devices).toContain('Ventet siden 10.59 (1 time)')
    expect(devices).toMatch(/Ventes senest om \d min\. \(12\.05\)/)
    expect(devices).not.toMatch(/forbundet|online|offline/i)
    await shoot('fleet-1')
    expect(await page.getByText('To maskiner bruger samme identitet').count()).toBe(1)
    house.fleet = { ...FLEET, at: '2026-11-22T11:06:00.000Z' }
    await page.clock.fastForward(6 * 60_000)
    await expect.poll(facts).toContain('Ventet siden 12.05')
  })

  it('is not offered to a nurse', TIMEOUT, async () => {
    const { page } = await openFleet('nurse', FLEET)
    await page.getByRole('link', { name: 'Arbejdsliste' }).waitFor()
    expect(await page.getByRole('link', { name: 'Udstyr' }).count()).toBe(0)
  })

  it('is searched and filtered by trouble, urgency and version', TIMEOUT, async () => {
    const { page } = await openFleet('technician', FLEET)
    const names = () => page.locator('.hub h3').allInnerTexts()
    const search = page.getByLabel('Søg efter')
    await search.fill('3230 OXI')
    await expect.poll(names).toEqual([expect.stringContaining('hub-0004')])
    await search.fill('ingen-her')
    await page.getByText('Ingen hubber passer').waitFor()
    await search.fill('')
    await page.getByLabel('Problem').selectOption('radio')
    await expect.poll(names).toEqual([expect.stringContaining('hub-0002')])
    await page.getByLabel('Problem').selectOption('')
    await page.getByLabel('Version').selectOption('1.4.1')
    await expect.poll(names).toEqual([expect.stringContaining('hub-0003')])
    await page.getByLabel('Version').selectOption('')
    await page.getByRole('button', { name: 'Se på det 2' }).click()
    await expect.poll(names).toHaveLength(2)
    expect(await page.getByRole('button', { name: 'Se på det 2' }).getAttribute('aria-pressed')).toBe('true')
  })

  it('lets ages go on, and says since when it is cut off', TIMEOUT, async () => {
    const { page, house } = await openFleet('technician', FLEET, { at: AT })
    const second = page.locator('.hub').nth(1)
    await second.getByText('for 3 min. siden').waitFor()
    await page.clock.runFor(15_000)
    house.cut = true
    await page.clock.runFor(150_000)
    await second.getByText('for 5 min. siden').waitFor()
    await page.getByText('Ingen forbindelse til serveren. Tallene er fra 12.00.').waitFor()
    house.cut = false
    await page.getByRole('button', { name: 'Prøv igen' }).click()
    await page.getByText('Ingen forbindelse').waitFor({ state: 'detached' })
  })

  it('moves nothing under the finger: who got worse is named, and sorted when asked', TIMEOUT, async () => {
    const { page, house } = await openFleet('technician', FLEET, { at: AT })
    const names = () => page.locator('.hub h3').allInnerTexts()
    await page.locator('.hub').first().waitFor()
    const worse = hub('hub-0005', { state: 'offline', troubles: ['offline'] })
    house.fleet = { ...FLEET, hubs: [worse, ...FLEET.hubs.filter((one) => one.hub !== 'hub-0005')] }
    await page.clock.runFor(31_000)
    const sort = page.getByRole('button', { name: 'Sortér igen (1 er blevet værre)' })
    await sort.waitFor()
    expect((await names())[4]).toMatch(/Handl nu\s+hub-0005/)
    await sort.click()
    await expect.poll(async () => (await names())[0]).toMatch(/hub-0005/)
    expect(await sort.count()).toBe(0)
  })

  it('stops looking when nobody uses it, so that the session ends in its time', TIMEOUT, async () => {
    const { page, house } = await openFleet('technician', FLEET, { at: AT })
    await page.locator('.hub').first().waitFor()
    // A call of its own that comes back: so have those before it, and the next look is due.
    const pass = async () => {
      await page.clock.runFor(31_000)
      await page.evaluate("fetch('/v1/session').then((answer) => answer.text())")
    }
    for (let half = 0; half < 22; half++) await pass()
    const looks = house.looks
    expect(looks).toBeGreaterThan(5)
    for (let half = 0; half < 4; half++) await pass()
    expect(house.looks).toBe(looks)
    await page.keyboard.press('Tab')
    await pass()
    expect(house.looks).toBe(looks + 1)
  })

  it('shows 2,000 hubs a hundred at a time', TIMEOUT, async () => {
    const { page } = await openFleet('technician', MANY)
    await page.getByText('Viser 1–100 af 2000, de værste først').waitFor()
    expect(await page.locator('.hub').count()).toBe(100)
    await page.getByRole('button', { name: 'Næste' }).click()
    await page.getByText('Viser 101–200 af 2000').waitFor()
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('hubs')
    await page.getByLabel('Søg efter').fill('hub-1999')
    await page.getByText('Viser 1, de værste først').waitFor()
  })

  it('assigns held readings: typed, said what it will do, and only then done', TIMEOUT, async () => {
    const { page, house, shoot } = await openFleet('technician', FLEET, { at: AT })
    await page.getByText('Apparatet er ikke oprettet').waitFor()
    expect(await page.getByRole('button', { name: /^Tildel en borger/ }).count()).toBe(2)
    await page.getByRole('button', { name: 'Tildel en borger: scale-0007' }).click()
    const dialog = page.getByRole('dialog', { name: 'Tildel en borger: scale-0007' })
    expect(await dialog.getByLabel('Brugerplads').inputValue()).toBe('2')
    expect(await dialog.getByLabel('Fra hvornår').inputValue()).toBe('2026-11-19T07:30')
    await dialog.getByLabel('Borgerens id').fill('010203-4567')
    await dialog.getByRole('button', { name: 'Videre' }).click()
    await dialog.getByText('Det ligner et CPR-nummer').waitFor()
    await dialog.getByLabel('Borgerens id').fill('citizen-0042')
    await dialog.getByRole('button', { name: 'Videre' }).click()
    const told =
      'citizen-0042 får scale-0007, plads 2, fra 19. nov. 07.30. 23 målinger (vægt, kropssammensætning) frigives.'
    await dialog.getByText(told).waitFor()
    await shoot('fleet-2-assign')
    await dialog.getByText('Tildelingen til en borger, I ikke har adgang til, slutter da.').waitFor()
    expect(house.sent).toEqual([])
    await dialog.getByRole('button', { name: 'Tildel og frigiv' }).click()
    await page.getByText('scale-0007 er tildelt citizen-0042. 22 målinger er frigivet.').waitFor()
    expect(house.sent).toEqual([
      { body: { citizen: 'citizen-0042', slot: 2, from: '2026-11-19T06:30:00.000Z' }, ifMatch: '"a1"' },
    ])
  })

  it.each([
    [404, 'not-found', 'There is no such citizen for you; ask for a grant.', 'Apparatet eller borgeren findes ikke'],
    [400, 'config-invalid', 'slot: the whole device is assigned; leave the slot out', 'lad pladsen være tom'],
    [412, 'changed-meanwhile', 'what you saw has changed', 'En anden har ændret tildelingen imens'],
    [428, 'precondition-missing', 'Say in If-Match which version you saw', 'En anden har ændret tildelingen imens'],
  ])('says in words why an assignment is refused (%i %s), and keeps what was typed', TIMEOUT, async (...refused) => {
    const [status, code, advice, words] = refused
    const { page, house } = await openFleet('technician', FLEET)
    house.said = refusal(status, code, advice)
    await page.getByRole('button', { name: 'Tildel en borger: scale-0007' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('citizen-0007 (plads 1').waitFor()
    await dialog.getByLabel('Borgerens id').fill('citizen-0042')
    const confirm = async () => {
      await dialog.getByRole('button', { name: 'Videre' }).click()
      await dialog.getByRole('button', { name: 'Tildel og frigiv' }).click()
    }
    house.tag = '"a2"'
    await confirm()
    await dialog.getByText(words).waitFor()
    expect(await dialog.getByLabel('Borgerens id').inputValue()).toBe('citizen-0042')
    if (status === 400) expect(await dialog.getByLabel('Brugerplads').getAttribute('aria-invalid')).toBe('true')
    house.said = { body: { ...KNOWN, released: 1 } }
    await confirm()
    await page.getByText('1 måling er frigivet.').waitFor()
    // After 412 and 428 the next attempt names what has been fetched anew.
    const next = status === 412 || status === 428 ? '"a2"' : '"a1"'
    expect(house.sent.map(({ ifMatch }) => ifMatch)).toEqual(['"a1"', next])
  })

  it('breaks no rule of axe, fits the window, and can be hit, on a phone and on a wall screen', TIMEOUT, async () => {
    const { page, shoot } = await openFleet('technician', FLEET, { width: 320, scheme: 'light' })
    await page.locator('.hub').first().waitFor()
    for (const details of await page.getByText('Apparater og alle oplysninger').all()) await details.click()
    await page.locator('.facts').nth(5).waitFor()
    for (const width of [320, 1920]) {
      await page.setViewportSize({ width, height: 900 })
      const clean = async (of?: 'contrast') => expect([width, ...(await violations(page, of))]).toEqual([width])
      const fits = async () => expect([width, ...(await layoutFaults(page))]).toEqual([width])
      await shoot(`fleet-${width}-light`)
      await clean()
      await fits()
      await page.getByRole('button', { name: 'Tildel en borger: scale-0007' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Videre' }).click()
      await clean()
      await fits()
      await page.emulateMedia({ colorScheme: 'dark' })
      await clean('contrast')
      await page.keyboard.press('Escape')
      await shoot(`fleet-${width}-dark`)
      await clean('contrast')
      await page.getByRole('button', { name: 'English' }).click()
      await page.getByRole('heading', { name: 'Equipment' }).waitFor()
      await page.emulateMedia({ colorScheme: 'light' })
      await clean()
      await page.getByRole('button', { name: 'Dansk' }).click()
    }
  })
})
