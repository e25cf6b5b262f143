import { expect } from 'vitest'
import type { Decoded, Field } from '../../../device-drivers/driver.ts'
import { isNumber } from '../../../device-drivers/reading.ts'
import { advertisement, type Check, type Family } from './family.ts'

const fieldOf = (about: Decoded, name: string): Field => {
  const found = about.fields.find((f) => f.name === name)
  if (found === undefined) throw new Error(`no field '${name}'`)
  return found
}

const fieldIs =
  (name: string): Check =>
  (about, expected) => {
    expect(fieldOf(about, name).value).toEqual(expected)
  }

const hexIs =
  (name: string): Check =>
  (about, expected) => {
    expect(fieldOf(about, name).value).toBe(Number.parseInt(String(expected), 16))
  }

/** The raw concentration in kg/L times 1e5, and the reading in mmol/L with the decimals the meter showed. */
const mgPerDl: Check = (about, expected) => {
  expect(Number(fieldOf(about, 'Glucose Concentration').value) * 1e5).toBeCloseTo(Number(expected), 6)
  const glucose = about.measurements[0]?.values['glucose']
  if (!isNumber(glucose)) throw new Error('no glucose')
  expect(glucose.unit).toBe('mmol/L')
  expect(Math.abs(glucose.value - Number(expected) / 18.0156)).toBeLessThanOrEqual(0.5 * 10 ** -glucose.decimals + 1e-9)
}

const KINDS_OF_ANSWER: Readonly<Record<string, number>> = { response: 6, count: 5 }

interface CgmRecord {
  readonly [key: string]: unknown
}

/** Fields of 0x2AA7 come once for each record. */
const CGM_FIELDS: Readonly<Record<string, string>> = {
  mgdL: 'CGM Glucose Concentration',
  timeOffsetMin: 'Time Offset',
  status: 'Status',
  calTemp: 'Cal/Temp',
  warning: 'Warning',
  trend: 'CGM Trend Information',
  quality: 'CGM Quality',
}

const cgmRecords: Check = (about, expected) => {
  const records = expected as readonly CgmRecord[]
  for (const [key, name] of Object.entries(CGM_FIELDS)) {
    const wanted = records.flatMap((record) => (record[key] === undefined ? [] : [record[key]]))
    expect(about.fields.filter((f) => f.name === name).map((f) => f.value)).toEqual(wanted)
  }
  const crcs = about.fields.filter((f) => f.name === 'E2E-CRC').map((f) => f.note === 'right')
  expect(crcs).toEqual(records.flatMap((record) => (record['crcPresent'] === true ? [record['crcOk']] : [])))
  // A record whose checksum is wrong is shown, and never a measurement.
  expect(about.measurements).toHaveLength(records.filter((record) => record['crcOk'] !== false).length)
}

/** Glucose, continuous glucose, body composition and user data: services with stored records. */
export const storedRecords: Family = {
  samples: {
    'accu-chek': advertisement({ name: 'meter+00012345', services: ['1808'] }),
    caresens: advertisement({ name: 'CareSens 0123', services: ['1808'] }),
    taidoc: advertisement({ name: 'TAIDOC TD4289', services: ['1808'] }),
    'body-composition-service': advertisement({ name: 'Body scale', services: ['181B'] }),
    'continuous-glucose-service': advertisement({ name: 'Sensor', services: ['181F'] }),
    'glucose-service': advertisement({ name: 'Meter', services: ['1808'] }),
  },
  sources: {
    'accu-chek': ['2A18', '2A34'],
    caresens: ['2A18', '2A34'],
    taidoc: ['2A18', '2A34'],
    'body-composition-service': ['2A9C', '2A9D', '2A9E'],
    'continuous-glucose-service': ['2AA7', '2AA8', '2AAA'],
    'glucose-service': ['2A18', '2A34'],
  },
  notYetSupported: {},
  services: ['1808', '1810', '181B', '181F'],
  checks: {
    sequence: (about, expected) => {
      const name = about.fields.some((f) => f.name === 'Sequence Number') ? 'Sequence Number' : 'Latest Sequence Number'
      expect(fieldOf(about, name).value).toBe(expected)
      for (const m of about.measurements) expect(m.sequence).toBe(expected)
    },
    baseTime: fieldIs('Base Time'),
    timeOffsetMin: fieldIs('Time Offset'),
    raw: fieldIs('Glucose Concentration'),
    rawUnit: (about, expected) => expect(fieldOf(about, 'Glucose Concentration').unit).toBe(expected),
    mgdL: mgPerDl,
    mmolL: (about, expected) => expect(about.measurements[0]?.values['glucose']).toMatchObject({ value: expected }),
    type: (about, expected) =>
      expect(about.fields.find((f) => f.name === 'Type' || f.name === 'CGM Type')?.value).toBe(expected),
    location: (about, expected) => {
      expect(about.fields.find((f) => /Sample Location$/.test(f.name) && f.length === 0)?.value).toBe(expected)
      if (expected === 4) expect(about.measurements[0]?.status).toContain('control-solution')
    },
    status: (about, expected, key) => {
      const glucose = about.fields.some((f) => f.name === 'Sensor Status Annunciation')
      hexIs(glucose ? 'Sensor Status Annunciation' : 'Measurement Status')(about, expected, key)
    },
    contextFollows: fieldIs('Context Information Follows'),
    features: (about, expected) =>
      expect(about.fields[0]).toMatchObject({ value: Number.parseInt(String(expected), 16) }),
    meal: fieldIs('Meal'),
    // What i-SENS means by it is tested with its driver.
    vendorMeaning: (about) => expect(fieldOf(about, 'Meal').note).toBe('reserved'),
    kind: (about, expected) => {
      const opCode = KINDS_OF_ANSWER[String(expected)] ?? 0x11
      expect(fieldOf(about, 'Op Code').value).toBe(opCode)
    },
    request: fieldIs('Request Op Code'),
    code: fieldIs('Response Code Value'),
    meaning: (about, expected) => {
      const note = fieldOf(about, 'Response Code Value').note
      const wanted = String(expected).startsWith('unknown') ? 'reserved' : String(expected).split(' (')[0]
      expect(note?.toLowerCase()).toBe(wanted)
    },
    count: fieldIs('Number of Records'),
    op: (about, expected) =>
      expect(fieldOf(about, 'Op Code').note).toBe(
        expected === 'report' ? 'Report stored records' : 'Report number of stored records',
      ),
    operator: (about, expected) => expect(fieldOf(about, 'Operator').note).toBe(`${upper(String(expected))} records`),
    records: cgmRecords,
    start: fieldIs('Session Start Time'),
    tzRaw: fieldIs('Time Zone'),
    tzMinutes: (about, expected) => expect(fieldOf(about, 'Time Zone').note).toBe(`${expected} min from UTC`),
    dst: fieldIs('DST-Offset'),
    dstMinutes: (about, expected) => expect(fieldOf(about, 'DST-Offset').note).toBe(`${expected} min`),
    crcOk: (about, expected) => expect(fieldOf(about, 'E2E-CRC').note === 'right').toBe(expected),
    e2eCrcSupported: fieldIs('E2E-CRC supported'),
    note: (about) => expect(fieldOf(about, 'E2E-CRC')).toMatchObject({ value: 0xffff, note: 'not supported' }),
    flags: hexIs('Flags'),
    fatPercent: fieldIs('Body Fat Percentage'),
    timestamp: fieldIs('Time Stamp'),
    bmrKJ: fieldIs('Basal Metabolism'),
    musclePercent: fieldIs('Muscle Percentage'),
    waterRaw: (about, expected) => expect(Number(fieldOf(about, 'Body Water Mass').value) * 200).toBe(expected),
    // 3.72 kg by the specification: the model deviates, and without its override the reading is implausible.
    weightRaw: (about, expected) => {
      expect(Number(fieldOf(about, 'Weight').value) * 200).toBe(expected)
      expect(about.measurements[0]?.status).toContain('implausible')
    },
  },
  exceptions: {},
}

function upper(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
