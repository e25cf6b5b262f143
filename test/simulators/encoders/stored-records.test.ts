import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { encodeBodyComposition } from '../../../simulators/encoders/body-composition.ts'
import { toHex } from '../../../simulators/encoders/byte-writer.ts'
import { encodeCgm, encodeCgmFeature, encodeSessionStart } from '../../../simulators/encoders/cgm.ts'
import { encodeGlucose, encodeGlucoseContext } from '../../../simulators/encoders/glucose.ts'

/** Encoders of devices with a memory against bytes of real devices and of other people's tests. */

const vectors = z
  .array(z.looseObject({ id: z.string(), hex: z.string() }))
  .parse(JSON.parse(readFileSync(new URL('../../vectors/device-bytes.json', import.meta.url), 'utf8')))

const plasma = { unit: 'mg/dL', type: 8, location: 15 } as const
const day = (year: number, month: number, d: number, hour: number, minute: number, second: number) => ({
  year,
  month,
  day: d,
  hour,
  minute,
  second,
})

const ENCODED: readonly (readonly [string, Uint8Array])[] = [
  [
    'gls2a18-08',
    encodeGlucose({
      sequence: 15,
      baseTime: day(2024, 1, 30, 5, 58, 27),
      timeOffset: 339,
      concentration: { ...plasma, value: 111 },
      status: 0,
      contextFollows: true,
    }),
  ],
  [
    'gls2a18-11',
    encodeGlucose({
      sequence: 4,
      baseTime: day(2020, 5, 14, 12, 49, 29),
      timeOffset: 334,
      concentration: { ...plasma, value: 104 },
      status: 0,
    }),
  ],
  [
    'gls2a18-13',
    encodeGlucose({
      sequence: 2,
      baseTime: day(2020, 3, 10, 13, 49, 0),
      timeOffset: 0,
      concentration: { unit: 'mg/dL', value: 13, type: 1, location: 1 },
    }),
  ],
  ['gls2a18-05', encodeGlucose({ sequence: 1, baseTime: day(2025, 5, 21, 10, 30, 45) })],
  ['gls2a34-01', encodeGlucoseContext({ sequence: 4, meal: 6 })],
  ['cgm2aa7-05', encodeCgm({ glucose: 120, timeOffset: 30 }, { crc: false })],
  [
    'cgm2aa7-06',
    encodeCgm(
      { glucose: 120, timeOffset: 30, status: 1, calTemp: 2, warning: 3, trend: 80, quality: 96 },
      { crc: true },
    ),
  ],
  ['cgm2aaa-01', encodeSessionStart(day(2018, 4, 24, 13, 8, 24), 8, 4, { crc: true })],
  ['cgm2aa8-01', encodeCgmFeature(0x019e6e, 6, 1)],
  ['cgm2aa8-05', encodeCgmFeature(0x100001, 1, 2)],
  [
    'bcs2a9c-01',
    encodeBodyComposition({
      unit: 'kg',
      bodyFat: 9.2,
      time: day(2026, 2, 15, 6, 47, 34),
      user: 1,
      basalMetabolism: 2865,
      musclePercent: 50.1,
      bodyWater: 703 / 200,
      weight: 744 / 200,
    }),
  ],
]

test.each(ENCODED)('%s', (id, bytes) => {
  expect(toHex(bytes)).toBe(vectors.find((v) => v.id === id)?.hex)
})
