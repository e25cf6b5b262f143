import { beforeEach, describe, expect, it } from 'vitest'
import type { Point, TimeSeries } from '../../broker/store/time-series.ts'
import { idOf } from '../broker/core-fixture.ts'

const DAY = Date.parse('2026-03-01T00:00:00.000Z')
const HOUR = 3_600_000

export function point(name: string, change: Partial<Point> = {}): Point {
  return {
    citizen: 'citizen-1',
    device: 'cuff-0001',
    quantity: 'systolic',
    ts: DAY,
    reading: idOf(name),
    value: 120,
    ...change,
  }
}

/** What every time-series database must do. `open` gives an empty one at each call. */
export function timeSeriesContract(title: string, open: () => Promise<TimeSeries>): void {
  describe(`${title} as a time series`, () => {
    let series: TimeSeries
    const signal = AbortSignal.timeout(600_000)
    const span = { citizen: 'citizen-1', quantity: 'systolic', from: DAY, to: DAY + 24 * HOUR }
    const write = (...points: Point[]) => series.write(points, signal)

    beforeEach(async () => {
      series = await open()
      return () => series.close()
    })

    it('gives back what was written, oldest first, whatever the order of writing', async () => {
      const points = [point('c', { ts: DAY + 2 }), point('a'), point('b', { ts: DAY + 1, value: 120.55 })]
      expect(await write(...points)).toEqual([])
      expect(await series.range(span, signal)).toEqual([points[1], points[2], points[0]])
    })

    it('takes a span from its first millisecond to just before its last', async () => {
      await write(point('a', { ts: DAY - 1 }), point('b'), point('c', { ts: DAY + 9 }), point('d', { ts: DAY + 10 }))
      const found = await series.range({ ...span, to: DAY + 10 }, signal)
      expect(found.map(({ ts }) => ts - DAY)).toEqual([0, 9])
    })

    it('keeps two readings of the same device and millisecond apart', async () => {
      const names = Array.from({ length: 20 }, (_, i) => `same ms ${i}`)
      await write(...names.map((name, value) => point(name, { value })))
      const found = await series.range(span, signal)
      expect(found.map(({ reading }) => reading)).toEqual(names.map(idOf).sort())
      expect(new Set(found.map(({ ts }) => ts))).toEqual(new Set([DAY]))
    })

    it('has a point once, however often it is written', async () => {
      await write(point('a'), point('b', { ts: DAY + 1 }))
      await write(point('b', { ts: DAY + 1 }), point('a'))
      expect(await series.range(span, signal)).toHaveLength(2)
    })

    it('keeps citizens, quantities and devices apart', async () => {
      await write(
        point('a'),
        point('b', { citizen: 'citizen-2' }),
        point('c', { quantity: 'diastolic' }),
        point('d', { device: 'cuff-0002', ts: DAY + 1 }),
      )
      expect((await series.range(span, signal)).map(({ device }) => device)).toEqual(['cuff-0001', 'cuff-0002'])
      expect(await series.range({ ...span, citizen: 'citizen-2' }, signal)).toHaveLength(1)
      expect(await series.range({ ...span, citizen: 'citizen-3' }, signal)).toEqual([])
    })

    it('gives the newest point of each series of a citizen', async () => {
      const newest = [
        point('d', { quantity: 'diastolic', ts: DAY + 2 }),
        point('s1', { ts: DAY + 5 }),
        point('s2', { device: 'cuff-0002', ts: DAY + 3 }),
      ]
      await write(point('old'), ...newest, point('older', { ts: DAY - 1 }), point('x', { citizen: 'citizen-2' }))
      expect(await series.latest('citizen-1', signal)).toEqual(newest)
      expect(await series.latest('citizen-3', signal)).toEqual([])
    })

    it('downsamples into buckets that start at full multiples, over all devices, without empty ones', async () => {
      await write(
        point('a', { ts: DAY + 10, value: 100 }),
        point('b', { ts: DAY + HOUR - 1, value: 140, device: 'cuff-0002' }),
        point('c', { ts: DAY + 5 * HOUR, value: 130 }),
        point('next day', { ts: span.to }),
      )
      expect(await series.downsample(span, HOUR, signal)).toEqual([
        { ts: DAY, mean: 120, min: 100, max: 140, count: 2 },
        { ts: DAY + 5 * HOUR, mean: 130, min: 130, max: 130, count: 1 },
      ])
    })

    it('takes a few thousand points at once', async () => {
      await write(...Array.from({ length: 2_500 }, (_, i) => point(`many ${i}`, { ts: DAY + i * 1000, value: i })))
      const found = await series.range(span, signal)
      expect(found.map(({ value }) => value)).toEqual(Array.from({ length: 2_500 }, (_, i) => i))
    })

    it.each([
      ['a newline in a device', { device: 'cuff\nreadings,citizen=citizen-2 value=1' }],
      ['a NUL in a citizen', { citizen: 'citizen\u00001' }],
      ['a comma and a blank in a citizen', { citizen: 'a, b' }],
      ['a newline in a quantity', { quantity: 'systolic\n' }],
      ['a quote in a reading', { reading: `${'a'.repeat(31)}"` }],
      ['no number', { value: Number.NaN }],
      ['infinity', { value: Number.POSITIVE_INFINITY }],
      ['a time before 1970', { ts: -1 }],
      ['a time that is no number', { ts: Number.NaN }],
      ['a time beyond 2262', { ts: Date.parse('2999-01-01T00:00:00Z') }],
    ])('refuses a point with %s by itself and writes the others', async (_, change) => {
      const bad = point('bad', change)
      const refused = await write(point('a'), bad, point('b', { ts: DAY + 1 }))
      expect(refused.map(({ point }) => point)).toEqual([bad])
      expect(await series.range(span, signal)).toHaveLength(2)
      expect(await series.latest('citizen-2', signal)).toEqual([])
    })

    it('refuses a query that is more than names', async () => {
      const citizen = `x' OR citizen = 'citizen-1`
      await expect(series.range({ ...span, citizen }, signal)).rejects.toMatchObject({ code: 'id-invalid' })
      await expect(series.latest(citizen, signal)).rejects.toMatchObject({ code: 'id-invalid' })
      const quantity = { ...span, quantity: `systolic' --` }
      await expect(series.downsample(quantity, HOUR, signal)).rejects.toMatchObject({ code: 'id-invalid' })
    })
  })
}
