import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { decodeHex, decoderFor } from '../../device-drivers/decode/decoders.ts'
import type { Decoded, Measurement } from '../../device-drivers/driver.ts'
import { isPreCareError } from '../../device-drivers/errors.ts'
import { GET_SERIAL_NUMBER, setFormat } from '../../device-drivers/serial/nonin-frames.ts'
import type { Check } from './families/family.ts'
import { FAMILIES, tableOf } from './families/index.ts'

/** Bytes of real devices and of other people's tests, with sources. Every vector is run, or named by its family of drivers as not yet supported. */

const vectors = z
  .array(
    z.looseObject({
      id: z.string(),
      service: z.string(),
      characteristic: z.string(),
      hex: z.string(),
      expected: z.record(z.string(), z.unknown()),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('../vectors/device-bytes.json', import.meta.url), 'utf8')))

const isSupported = (v: { service: string; characteristic: string }): boolean =>
  decoderFor(v.service, v.characteristic) !== undefined

const field = (about: Decoded, name: string): unknown => {
  const found = about.fields.find((f) => f.name === name)
  if (found === undefined) throw new Error(`no field '${name}'`)
  return found.value
}

const value = (about: Decoded, name: string): unknown => {
  const found = about.measurements[0]?.values[name]
  if (found === undefined) throw new Error(`no value '${name}'`)
  return 'value' in found ? found.value : null
}

const status = (about: Decoded): Measurement['status'] => about.measurements[0]?.status ?? []

const hexNumber = (expected: unknown): number => Number.parseInt(String(expected), 16)

const UNITS: Readonly<Record<string, string>> = { mmHg: 'mm[Hg]', kPa: 'kPa', Celsius: 'Cel' }

const SPECIAL: Readonly<Record<string, string>> = {
  NaN: 'not-a-number',
  NRes: 'not-at-this-resolution',
  '+INF': 'positive-infinity',
  '-INF': 'negative-infinity',
  Reserved: 'reserved',
}

const fieldIs =
  (...names: readonly string[]): Check =>
  (about, expected) => {
    const name = names.find((n) => about.fields.some((f) => f.name === n)) ?? String(names[0])
    expect(field(about, name), name).toEqual(expected === 'NaN' ? null : expected)
  }

/** What a key of `expected` means in our terms. A key that is neither here nor in a family fails its vector. */
const COMMON_CHECKS: Readonly<Record<string, Check>> = {
  unit: (about, expected) => {
    expect(about.fields.find((f) => f.unit !== undefined)?.unit).toBe(UNITS[String(expected)])
  },
  systolic: fieldIs('Systolic'),
  diastolic: fieldIs('Diastolic'),
  map: fieldIs('MAP'),
  cuffPressure: (about, expected) => {
    expect(field(about, 'Current Cuff Pressure')).toBe(expected)
    expect(about.measurements).toEqual([])
  },
  timestamp: fieldIs('Time Stamp', 'Timestamp'),
  datetime: fieldIs('Date Time'),
  dayOfWeek: fieldIs('Day of Week'),
  fractions256: fieldIs('Fractions256'),
  adjustReason: fieldIs('Adjust Reason'),
  pulse: (about, expected) => {
    const raw = ['Pulse Rate', 'SpO2PR-Normal - PR', 'SpO2PR-Spot-Check - PR', 'Heart Rate']
    fieldIs(...raw)(about, expected, 'pulse')
    if (about.measurements.length > 0) expect(value(about, 'pulseRate')).toBe(expected)
  },
  user: fieldIs('User ID'),
  status: (about, expected) => expect(field(about, 'Measurement Status')).toBe(hexNumber(expected)),
  measurementStatus: (about, expected) => expect(field(about, 'Measurement Status')).toBe(hexNumber(expected)),
  deviceStatus: (about, expected) => expect(field(about, 'Device and Sensor Status')).toBe(hexNumber(expected)),
  deviceClockNotSet: fieldIs('Device Clock is Not Set'),
  temperature: fieldIs('Temperature Measurement Value'),
  type: fieldIs('Temperature Type'),
  name: (about, expected) => expect(String(expected)).toContain(about.fields[0]?.note),
  // The source takes FFFFFF7F for an infinity; by the specification it is -1e127. Here: no usable temperature.
  sourceSays: (about) => expect(value(about, 'bodyTemperature')).toBeNull(),
  bySpec: (about) => expect(field(about, 'Temperature Measurement Value')).toBeNull(),
  heartRate: fieldIs('Heart Rate Measurement Value'),
  contactSupported: fieldIs('Sensor Contact Supported'),
  contactDetected: (about, expected) => {
    if (expected === null) expect(field(about, 'Sensor Contact Supported')).toBe(false)
    else expect(field(about, 'Sensor Contact Detected')).toBe(expected)
    if (expected === false) expect(about.measurements).toEqual([])
  },
  energyKJ: fieldIs('Energy Expended'),
  rrRaw1024: (about, expected) => {
    expect(about.fields.filter((f) => f.name === 'RR-Interval').map((f) => f.value)).toEqual(expected)
  },
  level: fieldIs('Battery Level'),
  manufacturer: fieldIs('Manufacturer Name String'),
  length: (about, expected) => expect(about.fields.reduce((sum, f) => sum + f.length, 0)).toBe(expected),
  value: fieldIs('SFLOAT', 'FLOAT'),
  display: (about, expected) => {
    const [number] = about.fields
    expect(Number(number?.value).toFixed(number?.decimals)).toBe(expected)
  },
  uint16: (about) => expect(about.fields[0]?.length).toBe(2),
  uint32: (about) => expect(about.fields[0]?.length).toBe(4),
  special: (about, expected) => {
    expect(about.fields[0]).toMatchObject({ value: null, note: SPECIAL[String(expected)] })
  },
  spo2: (about, expected) => expect(value(about, 'oxygenSaturation')).toBe(expected),
  pai: fieldIs('Pulse Amplitude Index'),
  smartPoint: fieldIs('SmartPoint'),
  lowPerfusion: (about) => expect(status(about)).toContain('low-perfusion'),
  pulseMissing: (about) => expect(value(about, 'pulseRate')).toBeNull(),
  sensorOff: (about) => expect(status(about)).toContain('sensor-off'),
  outOfTrack: fieldIs('Out Of Track'),
  artifact: fieldIs('Artifact'),
  serial: fieldIs('Serial Number'),
  op: (about, expected) => expect(String(expected)).toContain(about.fields[1]?.note),
}

const checkFor = (service: string, key: string): Check | undefined =>
  FAMILIES.find((family) => family.services.includes(service) && Object.hasOwn(family.checks, key))?.checks[key] ??
  COMMON_CHECKS[key]

const exceptions = tableOf('exceptions')

describe('device bytes', () => {
  const supported = vectors.filter(isSupported)

  test.each(supported.map((v) => [v.id, v] as const))('%s', (_, v) => {
    const exception = exceptions[v.id]
    if (exception !== undefined) {
      expect(exception.clause).not.toBe('')
      exception.check(decodeHex(v.service, v.characteristic, v.hex))
      return
    }
    if (v.expected['valid'] === false) {
      try {
        decodeHex(v.service, v.characteristic, v.hex)
      } catch (error) {
        expect(isPreCareError(error)).toBe(true)
        return
      }
      expect.unreachable('must be rejected')
    }
    const about = decodeHex(v.service, v.characteristic, v.hex)
    for (const [key, expected] of Object.entries(v.expected)) {
      const check = checkFor(v.service, key)
      if (check === undefined) throw new Error(`nobody checks '${key}'`)
      check(about, expected, key)
    }
  })

  test('every vector is run, or named as not yet supported', () => {
    const left: Record<string, number> = {}
    for (const v of vectors.filter((each) => !isSupported(each))) {
      const key = `${v.service} ${v.characteristic}`
      left[key] = (left[key] ?? 0) + 1
    }
    expect(left).toEqual(tableOf('notYetSupported'))
    expect(vectors).toHaveLength(176)
    expect(Object.keys(exceptions).filter((id) => !vectors.some((v) => v.id === id))).toEqual([])
  })

  test('the commands we write to a Nonin oximeter are those of the recordings', () => {
    const recorded = vectors.filter((v) => v.service === 'SPP' && v.characteristic === 'command').map((v) => v.hex)
    const ours = [GET_SERIAL_NUMBER, setFormat(8)].map((bytes) => Buffer.from(bytes).toString('hex').toUpperCase())
    expect(ours).toEqual(recorded)
  })
})

describe('absurd vectors are decoded, and judged implausible', () => {
  test.each([
    'bp2a35-03',
    'bp2a35-06',
    'bp2a35-08',
    'bp2a35-10',
    'hts2a1c-08',
    'hr2a37-15',
    'hr2a37-18',
  ])('%s', (id) => {
    const v = vectors.find((each) => each.id === id)
    if (v === undefined) throw new Error(`no vector ${id}`)
    expect(status(decodeHex(v.service, v.characteristic, v.hex))).toContain('implausible')
  })
})
