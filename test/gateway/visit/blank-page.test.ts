import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { grouped, invitationText, typedFingerprint } from '../../../broker/contract/enrolment.ts'
import { createHubClock } from '../../../gateway/hub-clock.ts'
import { identityFolder, readIdentity } from '../../../gateway/identity/slots.ts'
import type { LogFields } from '../../../gateway/log.ts'
import { setUp } from '../../../gateway/visit/setup.ts'
import { endWindow } from '../../../gateway/visit/window.ts'
import { hasChromium } from '../../support/chromium-installed.ts'
import { optional } from '../../support/optional.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { enrolmentPlace, HUB, SERIAL } from '../identity/enrolment-place.ts'
import { aPhone } from './browser-fixture.ts'

/** A blank computer whose page a technician opens with a phone; the broker that enrols it is the real one. */

const MINUTE = 60_000

/** @param host where its page listens */
async function aBlankHub(host = '127.0.0.1') {
  const place = await enrolmentPlace()
  const { code, typed } = place.invite()
  const { fingerprint } = place.authority
  const dataDir = join(tempDir(), 'data')
  const config = join(dataDir, 'config.json')
  const lines: (LogFields & { event: string })[] = []
  const note = (event: string, fields?: LogFields) => void lines.push({ event, ...fields })
  const said: string[] = []
  const setup = setUp(
    { dataDir, config, host, port: 0, minutes: 5 },
    {
      clock: createHubClock(),
      log: { info: note, warn: note, error: note },
      print: (text) => void said.push(text),
      serial: SERIAL,
      software: '0.0.0',
    },
  )
  const over = setup.catch((error: unknown) => error)
  onTestFinished(async () => {
    endWindow(dataDir)
    await over
  })
  await expect.poll(() => said.length).toBeGreaterThan(0)
  const [, url = '', visitCode = ''] = /^(\S+)\/ {2}code (\d{8})/.exec(said[0] ?? '') ?? []
  const invitation = invitationText({ origin: place.origin, code, fingerprint })
  const secrets = [visitCode, code, invitation, typed, grouped(typed)]
  const phone = await aPhone(url, secrets)
  const { page } = phone
  const alert = page.getByRole('alert')
  return {
    ...{ place, setup, dataDir, config, lines, url, invitation, typed, visitCode, fingerprint, secrets, alert },
    ...phone,
    async enter(label: string) {
      await page.getByLabel(label).fill(visitCode)
      await page.keyboard.press('Enter')
    },
    /** The QR text or the typed code. */
    async give(label: string, text: string, button: string) {
      await page.getByLabel(label).fill(text)
      await page.getByRole('button', { name: button }).click()
    },
  }
}

const DA = { visit: 'Besøgskode', code: 'Tekst fra QR-koden', enrol: 'Tilmeld hubben' }
const EN = { visit: 'Code of the visit', code: 'Text of the QR code', enrol: 'Enrol the hub' }

/** All that the hub has on its disk, but for what is its own by right: key and certificate. */
const textsIn = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n')

optional('chromium', hasChromium)('the page of a blank hub in a browser', () => {
  it('makes a hub of it with the text of the QR code, in Danish, and keeps no secret anywhere', {
    timeout: MINUTE,
  }, async () => {
    const hub = await aBlankHub()
    const { page, setup, place, shoot } = hub
    await page.getByLabel(DA.visit).waitFor()
    await shoot('blank-1-door')
    await hub.enter(DA.visit)
    await page.getByText(SERIAL).waitFor()
    await shoot('blank-2-serial')
    expect(await page.getByLabel(DA.code).getAttribute('autocomplete')).toBe('off')
    await hub.give(DA.code, hub.invitation, DA.enrol)
    await page.getByText(`${HUB}: Hubben er tilmeldt og starter nu`).waitFor()
    await setup
    // It is silent now, and starts: nothing to be alarmed about.
    await page.waitForEvent('requestfailed')
    // By the second the page has shown what it makes of the first.
    await page.waitForEvent('requestfailed')
    expect(await hub.alert.count()).toBe(0)
    await shoot('blank-3-enrolled')
    expect(await hub.leaks()).toEqual([])
    expect([hub.outside, hub.faults]).toEqual([[], []])
    for (const secret of hub.secrets) {
      expect(JSON.stringify([...hub.lines, ...place.lines])).not.toContain(secret)
      expect(textsIn(hub.dataDir)).not.toContain(secret)
    }
    expect(JSON.parse(readFileSync(hub.config, 'utf8'))).toEqual({
      hub: HUB,
      dataDir: '.',
      broker: { url: expect.stringMatching(/^mqtts:/) },
    })
    expect(readIdentity(identityFolder(hub.dataDir))?.hub).toBe(HUB)
  })

  it('takes the twelve characters too, as a person types them, with address and fingerprint, in English', {
    timeout: MINUTE,
  }, async () => {
    const hub = await aBlankHub()
    const { page, shoot } = hub
    await page.getByRole('button', { name: 'In English' }).click()
    await hub.enter(EN.visit)
    await page.getByText('Serial number').waitFor()
    await page.getByText('Only for a code of 12 characters').click()
    await page.getByLabel('Address').fill(hub.place.origin)
    await page.getByLabel('Fingerprint').fill(grouped(typedFingerprint(hub.fingerprint)).toLowerCase())
    await shoot('blank-4-by-hand')
    await hub.give(EN.code, grouped(hub.typed).toLowerCase(), EN.enrol)
    await page.getByText(`${HUB}: The hub is enrolled and starts now`).waitFor()
    expect(await hub.leaks()).toEqual([])
    expect(await page.content()).not.toContain(grouped(hub.typed).toLowerCase())
    await hub.setup
  })

  it('forgets a code that was refused, says why in the language of the page, and takes the next', {
    timeout: MINUTE,
  }, async () => {
    const hub = await aBlankHub()
    const { page, alert, place, shoot } = hub
    await hub.enter(DA.visit)
    const wrong = hub.invitation.replace(/#.{4}/, '#AAAA')
    await hub.give(DA.code, wrong, DA.enrol)
    await expect.poll(() => alert.innerText()).toMatch(/Koden blev afvist: læs den igen/)
    expect(await page.getByLabel(DA.code).inputValue()).toBe('')
    expect(await page.content()).not.toContain(wrong)
    await shoot('blank-5-wrong-code')
    await page.getByRole('button', { name: 'In English' }).click()
    await expect.poll(() => alert.innerText()).toMatch(/The code was refused: read it again/)

    // Half an hour later the right one is worth nothing, and another is needed.
    place.clock.move(31 * MINUTE)
    await hub.give(EN.code, hub.invitation, EN.enrol)
    await expect.poll(() => alert.innerText()).toMatch(/The code is too old: it is good for 30 minutes/)
    expect(await hub.leaks()).toEqual([])
    await shoot('blank-6-expired')
    await page.getByRole('button', { name: 'På dansk' }).click()
    await expect.poll(() => alert.innerText()).toMatch(/Koden er for gammel: den gælder i 30 minutter/)
    await hub.give(DA.code, 'what is this', DA.enrol)
    await expect.poll(() => alert.innerText()).toMatch(/Koden er ikke skrevet rigtigt/)
    const { fingerprint } = hub
    const { code } = place.invite()
    await hub.give(DA.code, invitationText({ origin: place.origin, code, fingerprint }), DA.enrol)
    await page.getByText('Hubben er tilmeldt').waitFor()
    await hub.setup
  })

  it('says when nobody answers, or another than the clinic, and the same code goes on afterwards', {
    timeout: MINUTE,
  }, async () => {
    const hub = await aBlankHub()
    const { page, alert, place } = hub
    const rogue = await enrolmentPlace()
    await hub.enter(DA.visit)
    await hub.give(DA.code, hub.invitation.replace(place.origin, 'https://127.0.0.1:1'), DA.enrol)
    await expect.poll(() => alert.innerText()).toMatch(/Hubben når ikke klinikkens server/)
    await hub.give(DA.code, hub.invitation.replace(place.origin, rogue.origin), DA.enrol)
    await expect.poll(() => alert.innerText()).toMatch(/Serveren er ikke klinikkens/)
    expect(rogue.lines.filter(({ event }) => event === 'enrolment-refused')).toEqual([])
    await hub.give(DA.code, hub.invitation, DA.enrol)
    await page.getByText('Hubben er tilmeldt').waitFor()
    await hub.setup
  })

  it('is all within reach of a keyboard and a thumb: no violation found by axe, at the door, inside and at a refusal', {
    timeout: MINUTE,
  }, async () => {
    const hub = await aBlankHub()
    const { page } = hub
    await page.getByLabel(DA.visit).fill('00000000')
    await page.keyboard.press('Enter')
    await hub.alert.waitFor()
    expect(await hub.violations()).toEqual([])
    await hub.enter(DA.visit)
    await page.getByText('Kun til en kode på 12 tegn').click()
    await hub.give(DA.code, 'rubbish', DA.enrol)
    await hub.alert.waitFor()
    expect(await hub.violations()).toEqual([])
    await page.getByRole('button', { name: 'In English' }).click()
    expect(await hub.violations()).toEqual([])
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })
})
