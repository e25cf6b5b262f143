import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reduced } from '../../../broker/clinic/reduced.ts'
import { FLAG_BITS, type SeriesAnswer, seriesAnswerSchema } from '../../../broker/clinic/shapes.ts'
import { at, message, pressure, reading } from '../core-fixture.ts'
import { HOUSE, type House, openHouse } from '../http/house.ts'

async function series(house: House, query = '', organisation = 'clinic'): Promise<SeriesAnswer> {
  const path = `/v1/citizens/citizen-1/series${query}`
  const answer = await house.get(path, await house.token(organisation, 'nurse'))
  expect(answer.status).toBe(200)
  return seriesAnswerSchema.parse(await answer.json())
}

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

describe('the series of a citizen', () => {
  test('is each quantity as columns, in order of time, with what is known of every point', async () => {
    const house = await houseWith(
      ['b', { values: pressure(130), measuredAt: at(-2) }],
      ['a', { values: pressure(120), measuredAt: at(-60), status: ['cuff-too-loose'] }],
      [
        'c',
        { values: { systolic: { absent: 'above-range' }, diastolic: { absent: 'unsuccessful' } }, measuredAt: at(-1) },
      ],
      ['d', { values: pressure(140), measuredAt: at(-3), origin: 'typed-by-staff', driver: 'typed' }],
      ['t', { values: pressure(99), measuredAt: at(-4), status: ['test'] }],
    )
    const answer = await series(house)
    expect(answer.series.map(({ quantity }) => quantity)).toEqual(['systolic', 'diastolic'])
    expect(answer.series[0]).toEqual({
      quantity: 'systolic',
      kind: 'blood-pressure',
      unit: 'mm[Hg]',
      decimals: 0,
      at: [-60, -3, -2, -1].map((minutes) => Date.parse(at(minutes))),
      value: [120, 140, 130, null],
      flags: [FLAG_BITS.late + FLAG_BITS.doubtful, FLAG_BITS['typed-by-staff'], 0, FLAG_BITS['above-range']],
      device: [0, 1, 0, 0],
      reduced: false,
    })
    expect(answer.series[1]?.value).toEqual([80, 80, 80])
    expect(answer.devices).toEqual([
      { device: 'cuff-0001', driver: 'blood-pressure-service' },
      { device: 'cuff-0001', driver: 'typed' },
    ])
  })

  test('has no point of two units on one line', async () => {
    const glucose = (value: number, unit: string) => ({ glucose: { value, unit, decimals: 1 } })
    const house = await houseWith(
      ['a', { kind: 'glucose', values: glucose(5.5, 'mmol/L') }],
      ['b', { kind: 'glucose', values: glucose(99, 'mg/dL'), measuredAt: at(-2) }],
    )
    const lines = (await series(house)).series.map(({ unit, value, decimals }) => [unit, value, decimals])
    expect(lines).toEqual([
      ['mg/dL', [99], 1],
      ['mmol/L', [5.5], 1],
    ])
  })

  test('is of the asked time, and nothing is lost where pages of rows meet', async () => {
    const house = await openHouse()
    // Several in the same millisecond, so that a page ends within one.
    for (let first = 0; first < 1_300; first += 100) {
      const hundred = Array.from({ length: 100 }, (_, i) =>
        reading(`r${first + i}`, {
          values: pressure(100 + (first + i) / 100),
          measuredAt: at(-Math.floor((first + i) / 7) - 1),
        }),
      )
      await house.core.send('hub-0001', message(first + 1, hundred))
    }
    const { series: all } = await series(house)
    expect(all[0]?.at).toHaveLength(1_300)
    expect(new Set(all[0]?.value).size).toBe(1_300)
    const part = await series(house, `?from=${at(-10)}&to=${at(-5)}`)
    expect(part.series[0]?.at.every((time) => time >= Date.parse(at(-10)) && time < Date.parse(at(-5)))).toBe(true)
    expect(part.series[0]?.at).toHaveLength(35)
  })

  test('is refused for more than 400 days, and for a time that ends before it begins', async () => {
    const house = await openHouse()
    const token = await house.token('clinic', 'nurse')
    for (const [query, status] of [
      [`?from=${at(-400 * 1440)}`, 200],
      [`?from=${at(-400 * 1440 - 1)}`, 400],
      [`?from=${at(-5)}&to=${at(-10)}`, 400],
      ['?from=yesterday', 400],
    ] as const) {
      const answer = await house.get(`/v1/citizens/citizen-1/series${query}`, token)
      expect([query, answer.status]).toEqual([query, status])
    }
  })

  test('has no kind that was not granted, and is not for research', async () => {
    const house = await houseWith(
      ['a'],
      ['w', { kind: 'weight', values: { weight: { value: 80, unit: 'kg', decimals: 1 } } }],
    )
    house.core.apply({
      ...HOUSE,
      grants: [{ organisation: 'other', citizen: 'citizen-1', kinds: ['weight'], from: at(-9000), purpose: 'care' }],
    })
    expect((await series(house, '', 'other')).series.map(({ quantity }) => quantity)).toEqual(['weight'])
    expect((await series(house)).series).toHaveLength(3)
    const study = await house.get('/v1/citizens/citizen-1/series', await house.token('study', 'nurse'))
    expect(study.status).toBe(404)
    const row = house
      .auditRows()
      .find(({ organisation, action }) => organisation === 'other' && action === 'readings.read')
    expect(row).toMatchObject({ citizen: 'citizen-1', kinds: 'weight', count: 1, purpose: 'care' })
  })
})

describe('points that are too many for a plot', () => {
  const point = (index: number, value: number | null, flags = 0) => ({ at: index * 1_000, value, flags })

  test('leave the extremes of each stretch, those that can be trusted apart from doubtful ones', () => {
    const points = Array.from({ length: 50_000 }, (_, index) => point(index, 100 + (index % 7)))
    points[20_000] = point(20_000, 300, FLAG_BITS.doubtful)
    points[20_001] = point(20_001, 180)
    points[20_002] = point(20_002, null, FLAG_BITS['above-range'])
    points[20_003] = point(20_003, null, FLAG_BITS['below-range'])
    const kept = reduced(points)
    expect(kept.length).toBeLessThanOrEqual(4_000)
    for (const index of [20_000, 20_001, 20_002, 20_003]) expect(kept).toContain(points[index])
  })

  test('are left as they are when they are few', () => {
    const points = Array.from({ length: 4_000 }, (_, index) => point(index, index))
    expect(reduced(points)).toBe(points)
  })

  test('stay in order, are all of the original, and keep its lowest and highest', () => {
    const flags = fc.constantFrom(0, 0, 0, FLAG_BITS.doubtful, FLAG_BITS.late)
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(400), flags), { minLength: 4_001, maxLength: 9_000 }), (drawn) => {
        const points = drawn.map(([value, flag], index) => point(index, value, flag))
        const kept = reduced(points)
        expect(kept.length).toBeLessThanOrEqual(4_000)
        const known = new Set(points)
        expect(kept.every((one, i) => known.has(one) && (i === 0 || one.at >= (kept[i - 1]?.at ?? 0)))).toBe(true)
        const trusted = (some: readonly { value: number | null; flags: number }[]) =>
          some.filter((one) => (one.flags & FLAG_BITS.doubtful) === 0).map(({ value }) => Number(value))
        expect(Math.max(...trusted(kept))).toBe(Math.max(...trusted(points)))
        expect(Math.min(...trusted(kept))).toBe(Math.min(...trusted(points)))
      }),
      { numRuns: 20, seed: 7 },
    )
  })
})
