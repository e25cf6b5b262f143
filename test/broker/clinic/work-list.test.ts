import { describe, expect, test } from 'vitest'
import { type WorkItem, type WorkList, workListSchema } from '../../../broker/clinic/shapes.ts'
import { itemOf, standingOf } from '../../../broker/clinic/work-list.ts'
import type { AlertMessage } from '../../../broker/contract/alert.ts'
import { at, message, pressure, reading } from '../core-fixture.ts'
import { HOUSE, type House, openHouse } from '../http/house.ts'

/** The list as the nurse of a real broker gets it. */

const weight = (kg: number) => ({ weight: { value: kg, unit: 'kg', decimals: 1 } })

async function list(house: House, role: 'nurse' | 'physician' = 'nurse', organisation = 'clinic'): Promise<WorkList> {
  const answer = await house.get('/v1/work-list', await house.token(organisation, role))
  expect(answer.status).toBe(200)
  return workListSchema.parse(await answer.json())
}

/** Everybody's readings, each a minute after the other. */
async function houseWith(...readings: readonly Parameters<typeof reading>[]): Promise<House> {
  const house = await openHouse()
  await house.core.send(
    'hub-0001',
    message(
      1,
      readings.map((one) => reading(...one)),
    ),
  )
  return house
}

const alert = (change: Partial<AlertMessage>): AlertMessage => ({
  alert: 'alert-1',
  citizen: 'citizen-1',
  category: 'clinical',
  rule: { id: 'limits-systolic', version: 1, title: 'Systolic' },
  kinds: ['blood-pressure'],
  state: 'open',
  level: 'red',
  openedAt: at(-60),
  raisedAt: at(-60),
  updatedAt: at(-60),
  evidence: [],
  readings: [],
  unstable: false,
  revision: 1,
  ...change,
})

describe('the work list', () => {
  test('shows who has an alert with why and the last values, and counts who has none', async () => {
    const house = await houseWith(
      ['a', { measuredAt: at(-1500) }],
      ['b', { values: pressure(171), measuredAt: at(-2) }],
    )
    const { items, counts, calm, cursor } = await list(house)
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({ citizen: 'citizen-1', standing: 'red', acknowledged: false, since: at(0) })
    expect(items[0]?.alerts[0]).toMatchObject({ rule: { id: 'limits-systolic' }, evidence: [{ value: 171 }] })
    expect(items[0]?.latest).toMatchObject([
      { quantity: 'systolic', value: 171, unit: 'mm[Hg]', decimals: 0, device: 'cuff-0001', measuredAt: at(-2) },
      { quantity: 'diastolic', value: 80 },
    ])
    expect(items[0]?.latest[0]?.trend.value).toEqual([120, 171])
    expect(items[0]?.latest[0]?.flags).toEqual([])
    expect([counts.red, calm]).toEqual([1, 0])
    expect(cursor).toBe(1)
  })

  test('shows the next reading at once, though values are kept in memory', async () => {
    const house = await houseWith(['a', { values: pressure(171), measuredAt: at(-20) }])
    expect((await list(house)).items[0]?.latest[0]).toMatchObject({ value: 171, flags: ['late'] })
    await house.core.send('hub-0001', message(2, [reading('b', { values: pressure(165), measuredAt: at(-1) })]))
    expect((await list(house)).items[0]?.latest[0]).toMatchObject({ value: 165, flags: [] })
  })

  test('says what is doubtful, typed or of a doubtful time, and leaves doubtful values out of the trend', async () => {
    const house = await houseWith(
      ['a', { values: pressure(171), measuredAt: at(-3) }],
      [
        'b',
        {
          values: pressure(190),
          measuredAt: at(-2),
          status: ['body-movement'],
          origin: 'typed-by-staff',
          clock: { quality: 'device-unset' },
        },
      ],
    )
    const [systolic] = (await list(house)).items[0]?.latest ?? []
    expect(systolic).toMatchObject({ value: 190, flags: ['doubtful', 'typed-by-staff', 'time-doubtful'] })
    expect(systolic?.trend.value).toEqual([171])
  })

  test('passes over an attempt without a result, and shows what lies beyond the range of the device', async () => {
    const house = await houseWith(
      ['a', { values: pressure(171), measuredAt: at(-3) }],
      [
        'b',
        { values: { systolic: { absent: 'unsuccessful' }, diastolic: { absent: 'above-range' } }, measuredAt: at(-2) },
      ],
    )
    const latest = (await list(house)).items[0]?.latest ?? []
    expect(latest.find(({ quantity }) => quantity === 'systolic')).toMatchObject({ value: 171 })
    expect(latest.find(({ quantity }) => quantity === 'diastolic')).toMatchObject({ absent: 'above-range' })
  })

  test('shows neither a test measurement nor one whose clock runs ahead as the newest for ever', async () => {
    const house = await houseWith(
      ['a', { values: pressure(171), measuredAt: at(60 * 24 * 400), receivedAt: at(-30) }],
      ['b', { values: pressure(165), measuredAt: at(-2) }],
      ['c', { values: pressure(100), measuredAt: at(-1), status: ['test'] }],
    )
    expect((await list(house)).items[0]?.latest[0]).toMatchObject({ value: 165 })
  })

  test('keeps kinds apart: nobody sees a value or an alert of a kind that was not granted', async () => {
    const house = await houseWith(
      ['a', { values: pressure(171) }],
      ['w', { device: 'scale-0002', kind: 'weight', values: weight(80) }],
    )
    house.core.apply({
      ...HOUSE,
      devices: [...HOUSE.devices, { id: 'scale-0002', hub: 'hub-0001', driver: 'weight-scale-service' }],
      assignments: [{ device: 'scale-0002', citizen: 'citizen-1', from: at(-9000) }],
      grants: [
        { organisation: 'other', citizen: 'citizen-1', kinds: ['weight'], from: at(-9000), purpose: 'care' },
        { organisation: 'ward', citizen: 'citizen-1', kinds: ['blood-pressure'], from: at(-9000), purpose: 'care' },
      ],
      organisations: [...HOUSE.organisations, { id: 'ward', title: 'A ward' }],
    })
    await house.core.send('hub-0001', message(5, [reading('x', { values: pressure(172) })]))
    const quantities = async (organisation: string) =>
      (await list(house, 'nurse', organisation)).items.flatMap(({ latest }) => latest.map(({ quantity }) => quantity))
    expect(await quantities('clinic')).toEqual(['systolic', 'diastolic', 'weight'])
    expect(await quantities('ward')).toEqual(['systolic', 'diastolic'])
    expect(await quantities('other')).toEqual([])
    expect((await list(house, 'nurse', 'other')).calm).toBe(2)
  })

  test('is not for research, for systems, or for other people of the clinic', async () => {
    const house = await houseWith(['a', { values: pressure(171) }])
    const status = async (organisation: string, role: Parameters<House['token']>[1]) =>
      (await house.get('/v1/work-list', await house.token(organisation, role))).status
    expect(await status('clinic', 'physician')).toBe(200)
    expect(await status('study', 'nurse')).toBe(403)
    for (const role of ['client', 'technician', 'administrator', 'auditor'] as const) {
      expect([role, await status('clinic', role)]).toEqual([role, 403])
    }
  })

  test('has the citizen of a revoked grant no more', async () => {
    const house = await houseWith(['a', { values: pressure(171) }])
    expect((await list(house)).items).toHaveLength(1)
    house.core.clock.time += 60_000
    house.core.apply({ ...HOUSE, grants: HOUSE.grants.map((grant) => ({ ...grant, to: at(0) })) })
    expect(await list(house)).toMatchObject({ items: [], calm: 0 })
  })

  test('leaves one row in the audit for each citizen and person in an hour, beside the row of each answer', async () => {
    const house = await houseWith(['a', { values: pressure(171) }])
    const rows = () => house.auditRows().filter(({ action }) => action === 'work-list.read')
    await list(house)
    await list(house)
    expect(rows()).toMatchObject([
      { actor: 'nurse-clinic', citizen: 'citizen-1', kinds: 'blood-pressure', purpose: 'treatment' },
      { actor: 'nurse-clinic', citizen: null, count: 1 },
      { actor: 'nurse-clinic', citizen: null, count: 1 },
    ])
    await list(house, 'physician')
    house.core.clock.time += 3600_000
    await list(house)
    expect(
      rows()
        .map(({ actor, citizen }) => [actor, citizen])
        .slice(3),
    ).toEqual([
      ['physician-clinic', 'citizen-1'],
      ['physician-clinic', null],
      ['nurse-clinic', 'citizen-1'],
      ['nurse-clinic', null],
    ])
  })

  test('of one citizen is a line, or null', async () => {
    const house = await houseWith(['a', { values: pressure(171) }])
    const one = async () => {
      const answer = await house.get('/v1/citizens/citizen-1/work-item', await house.token('clinic', 'nurse'))
      return ((await answer.json()) as { item: WorkItem | null }).item
    }
    expect(await one()).toMatchObject({ citizen: 'citizen-1', standing: 'red' })
    const { items } = await list(house)
    expect(await one()).toEqual(items[0])
    const calm = await houseWith(['a'])
    const answer = await calm.get('/v1/citizens/citizen-1/work-item', await calm.token('clinic', 'nurse'))
    expect(await answer.json()).toEqual({ item: null })
  })
})

describe('a line of the list', () => {
  const end = (pause: string) => (pause === 'pause-1' ? at(60) : at(30))

  test('stands for the worst that is not paused, since the oldest of that standing', () => {
    const line = itemOf(
      'citizen-1',
      [
        alert({ alert: 'a-new', level: 'yellow', raisedAt: at(-5) }),
        alert({ alert: 'a-old', level: 'yellow', raisedAt: at(-50), state: 'acknowledged' }),
        alert({ alert: 'a-paused', level: 'red', pausedBy: 'pause-1' }),
      ],
      end,
    )
    expect(line).toMatchObject({ standing: 'yellow', since: at(-50), acknowledged: false })
    expect(line.pausedUntil).toBeUndefined()
    expect(line.alerts.map((one) => one.alert)).toEqual(['a-paused', 'a-old', 'a-new'])
  })

  test('is paused when all of it is, until the first pause ends', () => {
    const both = [alert({ pausedBy: 'pause-1' }), alert({ alert: 'alert-2', level: 'yellow', pausedBy: 'pause-2' })]
    expect(itemOf('citizen-1', both, end)).toMatchObject({ standing: 'red', pausedUntil: at(30) })
  })

  test('tells a missing measurement from a silent home', () => {
    expect(standingOf(alert({ category: 'missing', level: 'blue' }))).toBe('blue')
    expect(standingOf(alert({ category: 'unwatched', level: 'yellow' }))).toBe('unknown')
    expect(standingOf(alert({ category: 'digest', level: 'yellow' }))).toBe('yellow')
  })
})
