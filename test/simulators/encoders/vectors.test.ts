import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodeBloodPressure, encodeCuffPressure } from '../../../simulators/encoders/blood-pressure.ts'
import { toHex } from '../../../simulators/encoders/byte-writer.ts'
import { encodeCurrentTime, encodeDateTime } from '../../../simulators/encoders/date-time.ts'
import { encodeBatteryLevel, encodeText } from '../../../simulators/encoders/device-information.ts'
import { encodeHeartRate } from '../../../simulators/encoders/heart-rate.ts'
import { encodeFormat8, encodeSerialNumber } from '../../../simulators/encoders/nonin.ts'
import { float32, type Quantity, type SpecialValue, sfloat } from '../../../simulators/encoders/numbers.ts'
import { encodeContinuous, encodeSpotCheck } from '../../../simulators/encoders/pulse-oximeter.ts'
import { encodeTemperature } from '../../../simulators/encoders/thermometer.ts'

interface Vector {
  readonly id: string
  readonly hex: string
  readonly expected: Readonly<Record<string, unknown>>
}

const vectors: ReadonlyMap<string, Vector> = new Map(
  (JSON.parse(readFileSync('test/vectors/device-bytes.json', 'utf8')) as Vector[]).map((v) => [v.id, v]),
)

/** Reads the expectation of a vector: what it says is what is encoded. */
function expectation({ id, expected }: Vector) {
  const number = (name: string): number => {
    const value = expected[name]
    if (typeof value === 'number') return value
    if (typeof value === 'string') return Number(value)
    throw new TypeError(`${id} has no number ${name}`)
  }
  const time = () => {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = String(
      expected['timestamp'] ?? expected['datetime'],
    )
      .split(/[-T:]/)
      .map(Number)
    return { year, month, day, hour, minute, second }
  }
  const has = (name: string): boolean => expected[name] !== undefined && expected[name] !== null
  return { number, time, has, text: (name: string) => String(expected[name]) }
}

type Read = ReturnType<typeof expectation>
const precise = (value: number, decimals: number): Quantity => ({ value, decimals })

/** Fields that 2A35 and 2A36 share. */
const shared = (v: Read) => ({
  unit: v.text('unit') as 'mmHg' | 'kPa',
  ...(v.has('timestamp') ? { time: v.time() } : {}),
  ...(v.has('pulse') ? { pulseRate: v.number('pulse') } : {}),
  ...(v.has('user') ? { user: v.number('user') } : {}),
  ...(v.has('status') ? { status: v.number('status') } : {}),
})

const bloodPressure = (v: Read) =>
  encodeBloodPressure({
    ...shared(v),
    systolic: v.number('systolic'),
    diastolic: v.number('diastolic'),
    meanArterial: v.number('map'),
  })

const cuffPressure = (v: Read) => encodeCuffPressure({ ...shared(v), cuffPressure: v.number('cuffPressure') }, 0)

const temperature =
  (decimals: number, otherFlags = 0) =>
  (v: Read) =>
    encodeTemperature(
      {
        unit: 'Cel',
        temperature: precise(v.number('temperature'), decimals),
        ...(v.has('timestamp') ? { time: v.time() } : {}),
        ...(v.has('type') ? { type: v.number('type') } : {}),
      },
      otherFlags,
    )

const heartRate =
  (form: { readonly wide?: boolean; readonly otherFlags?: number } = {}) =>
  (v: Read, vector: Vector) => {
    const contact = vector.expected['contactDetected']
    return encodeHeartRate(
      {
        heartRate: v.number('heartRate'),
        ...(typeof contact === 'boolean' ? { contact } : {}),
        ...(v.has('energyKJ') ? { energyKJ: v.number('energyKJ') } : {}),
        ...(v.has('rrRaw1024') ? { rr: vector.expected['rrRaw1024'] as number[] } : {}),
      },
      form,
    )
  }

const oximetry = (v: Read, spo2Decimals: number, amplitudeDecimals = 0) => ({
  oxygenSaturation: precise(v.number('spo2'), spo2Decimals),
  pulseRate: precise(v.number('pulse'), spo2Decimals),
  ...(v.has('measurementStatus') ? { measurementStatus: v.number('measurementStatus') } : {}),
  ...(v.has('deviceStatus') ? { deviceStatus: v.number('deviceStatus') } : {}),
  ...(v.has('pai') ? { amplitude: precise(v.number('pai'), amplitudeDecimals) } : {}),
})

const octets = (value: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (value >>> (8 * i)) & 0xff)
const special: Readonly<Record<string, SpecialValue>> = {
  NaN: 'not-a-number',
  '-INF': 'negative-infinity',
  Reserved: 'reserved',
}
const shown = (v: Read): Quantity =>
  v.has('display') ? precise(v.number('value'), (v.text('display').split('.')[1] ?? '').length) : v.number('value')
const short = (quantity: Quantity): Uint8Array => octets(sfloat(quantity), 2)
const long = (quantity: Quantity): Uint8Array => octets(float32(quantity), 4)
const finger = { pulseRate: 57, oxygenSaturation: 98, smartPoint: false }

const ENCODED: Readonly<Record<string, (v: Read, vector: Vector) => Uint8Array>> = {
  'bp2a35-01': bloodPressure,
  'bp2a35-03': bloodPressure,
  'bp2a35-06': bloodPressure,
  'bp2a35-08': bloodPressure,
  'bp2a35-10': bloodPressure,
  'icp2a36-03': cuffPressure,
  'icp2a36-05': cuffPressure,
  'icp2a36-06': cuffPressure,
  'hts2a1c-01': temperature(2),
  'hts2a1c-03': temperature(2),
  'hts2a1c-05': () => encodeTemperature({ unit: 'Cel', temperature: 'not-a-number' }),
  'hts2a1c-08': temperature(2, 0x08),
  'hts2a1c-10': temperature(2),
  'hts2a1c-11': temperature(2),
  'hr2a37-01': heartRate(),
  'hr2a37-03': heartRate(),
  'hr2a37-06': heartRate(),
  'hr2a37-08': heartRate({ wide: true }),
  'hr2a37-10': heartRate(),
  'hr2a37-11': heartRate(),
  'hr2a37-13': heartRate(),
  'hr2a37-15': heartRate(),
  'hr2a37-16': heartRate(),
  'hr2a37-18': heartRate(),
  'hr2a37-20': heartRate(),
  'hr2a37-21': heartRate({ otherFlags: 0x02 }),
  'hr2a37-23': heartRate({ wide: true }),
  'hr2a37-25': heartRate(),
  'hr2a37-26': heartRate({ wide: true }),
  'hr2a37-28': heartRate(),
  'hr2a37-30': heartRate(),
  '2a08-01': (v) => encodeDateTime(v.time()),
  'cts2a2b-01': (v) =>
    encodeCurrentTime(
      { ...v.time(), weekday: v.number('dayOfWeek') },
      v.number('fractions256'),
      v.number('adjustReason'),
    ),
  'bat2a19-01': (v) => encodeBatteryLevel(v.number('level')),
  'bat2a19-05': (v) => encodeBatteryLevel(v.number('level')),
  'dis2a29-01': (v) => encodeText(v.text('manufacturer'), 20),
  'plx2a5f-01': (v) => encodeContinuous(oximetry(v, 1)),
  'plx2a5f-03': (v) => encodeContinuous(oximetry(v, 0, 1)),
  'plx2a5f-05': (v) => encodeContinuous(oximetry(v, 0)),
  'plx2a5e-01': (v) => encodeSpotCheck({ ...oximetry(v, 1, 2), time: v.time() }),
  'nonin-df8-01': (v) =>
    encodeFormat8({ oxygenSaturation: v.number('spo2'), pulseRate: v.number('pulse'), smartPoint: true }),
  'nonin-df8-03': () => encodeFormat8({ ...finger, lowPerfusion: true }),
  'nonin-df8-05': () => encodeFormat8({ ...finger, pulseRate: undefined, marginalPerfusion: true }),
  'nonin-df8-06': (v) => encodeFormat8({ ...finger, pulseRate: v.number('pulse'), marginalPerfusion: true }),
  'nonin-df8-08': () => encodeFormat8({ ...finger, sensorOff: true }),
  'nonin-df8-10': () => encodeFormat8({ ...finger, outOfTrack: true, lowBattery: true }),
  'nonin-df8-11': () => encodeFormat8({ ...finger, artifact: true, lowBattery: true }),
  'nonin-serial-01': (v) => encodeSerialNumber(v.text('serial')),
  ...Object.fromEntries(
    ['01', '03', '05', '06', '08', '10', '13', '15'].flatMap((n) => [
      [`sfloat-${n}`, (v: Read) => short(shown(v))],
      [`float-${n}`, (v: Read) => long(shown(v))],
    ]),
  ),
  // 20 as 2 x 10^1.
  'sfloat-11': (v) => short(precise(v.number('value'), -1)),
  'float-11': (v) => long(precise(v.number('value'), -1)),
  'sfloat-16': (v) => short(v.number('value')),
  ...Object.fromEntries(
    ['01', '03', '05'].flatMap((n) => [
      [`sfloat-special-${n}`, (v: Read) => short(special[v.text('special')] ?? 0)],
      [`float-special-${n}`, (v: Read) => long(special[v.text('special')] ?? 0)],
    ]),
  ),
}

describe('encoders against bytes of other people', () => {
  it.each(Object.entries(ENCODED))('%s is encoded to the same bytes', (id, encode) => {
    const vector = vectors.get(id)
    if (!vector) throw new TypeError(`no vector ${id}`)
    expect(toHex(encode(expectation(vector), vector))).toBe(vector.hex)
  })

  it('covers as many vectors as it says', () => {
    expect(Object.keys(ENCODED).length).toBe(73)
  })
})
