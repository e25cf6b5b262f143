import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { typedFingerprint } from '../../../broker/contract/enrolment.ts'
import { writeDurably } from '../../../gateway/durable-file.ts'
import { renew, tendCertificate } from '../../../gateway/identity/renewal.ts'
import { goBack, readIdentity, type WriteFile } from '../../../gateway/identity/slots.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { tempDir, until } from '../../support/temp-dir.ts'
import { type EnrolmentPlace, enrolmentPlace, HUB } from './enrolment-place.ts'

/** A hub gets its certificate, and the next one, while the power is cut at every step of it. */

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const never = new AbortController().signal

/** The power goes at the `step`-th write to the card: before it, or just after it. */
function cutAt(step: number, when: 'before' | 'after'): WriteFile {
  let writes = 0
  return (path, content) => {
    writes += 1
    if (writes === step && when === 'before') {
      // What a write leaves behind that was cut before its rename.
      writeFileSync(`${path}.new`, content.slice(0, content.length / 2))
      throw new Error('power cut')
    }
    writeDurably(path, content)
    if (writes === step) throw new Error('power cut')
  }
}

const STEPS = [1, 2, 3].flatMap((step) => [[step, 'before'] as const, [step, 'after'] as const])

describe('enrolment', () => {
  test('leaves a key that only its owner can read and that never left the hub', async () => {
    const place = await enrolmentPlace()
    await place.enrol(place.invite().code)
    const identity = readIdentity(place.home)
    expect(identity).toMatchObject({ hub: HUB, slot: 'a', origin: place.origin })
    for (const name of readdirSync(place.home)) expect(statSync(join(place.home, name)).mode & 0o777).toBe(0o600)
    await place.connect()
    expect(JSON.stringify(place.lines)).not.toContain('PRIVATE')
  })

  test('with a typed code and a typed fingerprint', async () => {
    const place = await enrolmentPlace()
    await place.enrol(place.invite().typed, { fingerprint: typedFingerprint(place.authority.fingerprint) })
    await place.connect()
  })

  test('tells its code to no server but the one with the fingerprint', async () => {
    const [place, rogue] = [await enrolmentPlace(), await enrolmentPlace()]
    const { code } = place.invite()
    await expect(place.enrol(code, { fingerprint: rogue.authority.fingerprint })).rejects.toMatchObject({
      code: 'server-untrusted',
    })
    expect(readIdentity(place.home)).toBeUndefined()
    await place.enrol(code)
  })

  test.each(STEPS)('cut at write %i, %s it: the same code brings it to its end', async (step, when) => {
    const place = await enrolmentPlace()
    const { code } = place.invite()
    await expect(place.enrol(code, { write: cutAt(step, when) })).rejects.toThrow('power cut')
    const whole = step === 3 && when === 'after'
    expect(readIdentity(place.home) !== undefined).toBe(whole)
    if (!whole) await place.enrol(code)
    await place.connect()
    expect(place.certificates.of(HUB).filter(({ revoked }) => revoked === undefined)).toHaveLength(1)
  })
})

describe('renewal', () => {
  async function enrolled(): Promise<EnrolmentPlace> {
    const place = await enrolmentPlace()
    await place.enrol(place.invite().code)
    await place.connect()
    return place
  }
  const renewIn = ({ home, hubClock }: EnrolmentPlace, write?: WriteFile) => renew(home, hubClock, never, write)

  test('gives another key in the other slot, and the old certificate ends when the new one is used', async () => {
    const place = await enrolled()
    const before = readIdentity(place.home)
    await renewIn(place)
    const after = readIdentity(place.home)
    expect(after).toMatchObject({ hub: HUB, slot: 'b' })
    expect(after?.key).not.toBe(before?.key)
    await place.connect(before)
    await place.connect(after)
    await expect(place.connect(before)).rejects.toMatchObject({ code: 5 })
  })

  test.each(
    STEPS,
  )('cut at write %i, %s it: one certificate works, and the next attempt succeeds', async (step, when) => {
    const place = await enrolled()
    const before = readIdentity(place.home)
    await expect(renewIn(place, cutAt(step, when))).rejects.toThrow('power cut')
    await place.connect()
    const switched = step === 3 && when === 'after'
    expect(readIdentity(place.home)?.certificate === before?.certificate).toBe(!switched)
    await renewIn(place)
    await place.connect()
    // Those that got lost on the way have ended too.
    expect(place.certificates.of(HUB).filter(({ revoked }) => revoked === undefined)).toHaveLength(1)
  })

  test('that a disk takes no note of is told, and ends nothing: neither it nor the way back', async () => {
    const place = await enrolled()
    await renewIn(place)
    mkdirSync(join(place.home, 'hub.json.new'))
    const told: string[] = []
    const note = (event: string) => void told.push(event)
    const clock = manualClock({ wall: Date.now() })
    const parts = {
      folder: place.home,
      clock,
      log: { info: note, warn: note, error: note },
      onRenewed: () => undefined,
    }
    const stop = new AbortController()
    const tending = tendCertificate(parts, stop.signal)
    await clock.advance(0)
    tending.refused()
    await clock.advance(MINUTE)
    await until(() => told.length === 2)
    expect(told).toEqual(['certificate-not-renewed', 'certificate-not-renewed'])
    await place.connect()
    stop.abort()
    await tending.done
  })

  test('is possible up to 180 days after the end, and not a day longer', async () => {
    const place = await enrolled()
    place.clock.move(269 * DAY)
    await renewIn(place)
    place.clock.move(2 * 271 * DAY)
    await expect(renewIn(place)).rejects.toMatchObject({ code: 'certificate-ended' })
  })

  test('is refused to a revoked certificate, a disabled hub, a foreign authority and to nobody at all', async () => {
    const place = await enrolled()
    place.accounts.disable(HUB)
    await expect(renewIn(place)).rejects.toMatchObject({ code: 'certificate-ended' })
    place.accounts.admitHub(HUB)
    place.certificates.revokeAll(HUB, 'stolen')
    await expect(renewIn(place)).rejects.toMatchObject({ code: 'certificate-ended' })

    const other = await enrolled()
    const identity = readIdentity(other.home)
    const folder = tempDir()
    writeDurably(
      join(folder, 'slot-a.json'),
      JSON.stringify({ key: identity?.key, certificate: identity?.certificate }),
    )
    const pointer = { hub: HUB, slot: 'a', authority: place.authority.certificate, origin: place.origin, seenAt: 0 }
    writeDurably(join(folder, 'hub.json'), JSON.stringify(pointer))
    await expect(renew(folder, place.hubClock, never)).rejects.toMatchObject({ code: 'certificate-ended' })
    expect(place.certificates.of(HUB)).toHaveLength(1)
  })
})

describe('the two slots', () => {
  test('a damaged slot in use gives way to the other one', async () => {
    const place = await enrolmentPlace()
    await place.enrol(place.invite().code)
    await renew(place.home, place.hubClock, never)
    writeFileSync(join(place.home, 'slot-b.json'), '{"key":"-----BEGIN')
    expect(readIdentity(place.home)?.slot).toBe('a')
    await place.connect()
    expect(goBack(place.home)).toBe(true)
    expect(goBack(place.home), 'not to the damaged one').toBe(false)
  })
})
