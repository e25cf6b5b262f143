import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../broker/broker-clock.ts'
import { observationOf } from '../../../broker/fhir/observation.ts'
import { openEmbedded } from '../../../broker/store/embedded.ts'
import { followJournal } from '../../../broker/store/follower.ts'
import { rawReadingSchema } from '../../../device-drivers/reading.ts'
import { alertsOf, at, count, feedOf, NOW, pull, until } from '../core-fixture.ts'
import { HOUSE } from '../http/house.ts'
import { openWard } from '../http/ward.ts'

/** Staff type a reading in over HTTP; the real core stores, judges and hands it out. */

const PATH = '/v1/citizens/citizen-1/readings'
const body = (systolic = 165, more: object = {}) => ({
  kind: 'blood-pressure',
  values: { systolic, diastolic: 80 },
  measuredAt: at(-3),
  ...more,
})
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

async function stage() {
  const ward = await openWard({
    ...HOUSE,
    organisations: [...HOUSE.organisations, { id: 'weights', title: 'Weights only' }],
    grants: [
      ...HOUSE.grants,
      { organisation: 'weights', citizen: 'citizen-1', kinds: ['weight'], from: at(-9000), purpose: 'care' },
    ],
  })
  const { core } = ward.house
  const type = (what: object = body()) => ward.send('clinic', 'nurse', 'POST', PATH, what)
  return { ...ward, core, type }
}

describe('a reading typed by staff', () => {
  it('is stored, judged, handed out and drawn as any other, and says what it is', async () => {
    const { type, core, changesSince } = await stage()
    const written = changesSince()
    const { status, said } = await type()
    expect(status).toBe(200)
    expect(said).toEqual({
      citizen: 'citizen-1',
      hub: 'typed-by-staff',
      storedAt: at(0),
      reading: {
        id: expect.stringMatching(/^[a-z2-7]{32}$/),
        kind: 'blood-pressure',
        values: {
          systolic: { value: 165, unit: 'mm[Hg]', decimals: 0 },
          diastolic: { value: 80, unit: 'mm[Hg]', decimals: 0 },
        },
        status: [],
        measuredAt: at(-3),
        receivedAt: at(0),
        clock: { quality: 'synced', offsetMs: 0 },
        device: 'typed-by-staff',
        driver: 'typed-by-staff',
        origin: 'typed-by-staff',
      },
    })
    const { reading } = said as { reading: { id: string } }
    rawReadingSchema.parse({ ...reading, raw: [] })
    expect(alertsOf(pull(core.ingest.alerts))).toContainEqual(
      expect.objectContaining({ level: 'red', readings: [reading.id] }),
    )
    expect(feedOf(pull(core.ingest.feeds))).toContainEqual(
      expect.objectContaining({ citizen: 'citizen-1', hub: 'typed-by-staff', reading }),
    )
    expect(written()).toMatchObject([
      {
        action: 'readings.write',
        actor: 'nurse-clinic',
        citizen: 'citizen-1',
        subject: reading.id,
        kinds: 'blood-pressure',
        purpose: 'treatment',
        count: 1,
      },
    ])
    const stop = new AbortController()
    const { journal } = core
    const follower = followJournal(
      { journal, series: openEmbedded(journal), clock: systemClock, log: silent },
      stop.signal,
    )
    onTestFinished(() => {
      stop.abort()
      return follower.done
    })
    await until(() => follower.lag() === 0)
    expect(count(journal, 'points')).toBe(2)
  })

  it('is stored once however often it is sent, and what was counted stays conserved', async () => {
    const { type, core } = await stage()
    const twice = await Promise.all([type(), type()])
    core.clock.time += 60_000
    const later = await type()
    for (const answer of [...twice, later]) expect(answer).toEqual(twice[0])
    await type(body(140))
    expect(count(core.journal, 'readings')).toBe(2)
    const { hubs, epochs } = core.ingest.counts()
    expect(hubs.get('typed-by-staff')).toMatchObject({
      received: 4,
      stored: 2,
      duplicate: 2,
      quarantined: 0,
      evaluated: 2,
    })
    expect(epochs).toEqual([])
  })

  it('keeps the decimals that were typed, and at least those of the quantity', async () => {
    const { type } = await stage()
    const asStored = async (value: number) => {
      const { said } = await type({ kind: 'temperature', values: { bodyTemperature: value }, measuredAt: at(-1) })
      return (said as { reading: { values: Record<string, unknown> } }).reading.values['bodyTemperature']
    }
    expect(await asStored(38)).toEqual({ value: 38, unit: 'Cel', decimals: 1 })
    expect(await asStored(38.25)).toEqual({ value: 38.25, unit: 'Cel', decimals: 2 })
  })

  it('is refused where it cannot be right, naming the field', async () => {
    const { type, core } = await stage()
    const wrong = async (change: object) => {
      const { status, said } = await type({ ...body(), ...change })
      return [status, (said as { error: { fields: { path: string; remedy: string }[] } }).error.fields[0]]
    }
    const values = { systolic: 120, diastolic: 80 }
    const cases: readonly [change: object, path: string, remedy: RegExp][] = [
      [{ values: { ...values, systolic: 1200 } }, 'values.systolic', /^must be from 50 to 280 mm\[Hg\]$/],
      [{ values: { systolic: 80, diastolic: 120 } }, 'values', /exclude each other/],
      [{ values: { weight: 80 } }, 'values', /^use systolic, diastolic/],
      [{ values: {} }, 'values', /at least one/],
      [{ values: { systolic: '120' } }, 'values.systolic', /expected number/],
      [{ values: { systolic: 120.1234 } }, 'values.systolic', /decimals/],
      [{ kind: 'mood' }, 'kind', /use one of/],
      [{ measuredAt: at(3) }, 'measuredAt', /not come yet/],
      [{ measuredAt: at(-31 * 24 * 60) }, 'measuredAt', /30 days/],
      [{ measuredAt: 'yesterday' }, 'measuredAt', /use a time with a zone/],
    ]
    for (const [change, path, remedy] of cases) {
      expect([change, await wrong(change)]).toEqual([change, [400, { path, remedy: expect.stringMatching(remedy) }]])
    }
    expect(count(core.journal, 'readings')).toBe(0)
    // A page's clock may run a minute ahead; the reading does not.
    expect((await type({ ...body(), measuredAt: at(1) })).said).toMatchObject({ reading: { measuredAt: at(0) } })
  })

  it('is typed by nurses and physicians with a grant for its kind, and by nobody else', async () => {
    const { send, core } = await stage()
    const status = async (organisation: string, role: 'nurse' | 'client' | 'auditor' | 'technician') =>
      (await send(organisation, role, 'POST', PATH, body())).status
    for (const role of ['client', 'auditor', 'technician'] as const) expect(await status('clinic', role)).toBe(404)
    for (const organisation of ['other', 'study', 'weights']) expect(await status(organisation, 'nurse')).toBe(404)
    expect(count(core.journal, 'readings')).toBe(0)
    expect((await send('clinic', 'physician', 'POST', PATH, body())).status).toBe(200)
  })

  it('is not kept when the audit cannot be written', async () => {
    const { type, core } = await stage()
    core.journal.database.exec(
      `CREATE TEMP TRIGGER full BEFORE INSERT ON audit WHEN new.action = 'readings.write'
       BEGIN SELECT RAISE(ABORT, 'no room'); END`,
    )
    expect(await type()).toMatchObject({ status: 503, said: { error: { code: 'audit-failed' } } })
    expect(count(core.journal, 'readings')).toBe(0)
    expect(core.ingest.counts().hubs.size).toBe(0)
  })

  it('names no device in FHIR: there is none', async () => {
    const { type } = await stage()
    const { said } = await type()
    const observation = observationOf(said as Parameters<typeof observationOf>[0])
    expect(observation).toMatchObject({ method: { text: 'Typed in by staff' }, issued: new Date(NOW).toISOString() })
    for (const field of ['device', 'extension', 'performer']) expect(observation).not.toHaveProperty(field)
  })
})
