import { expect } from 'vitest'
import type { Decoded, Measurement } from '../../../device-drivers/driver.ts'
import { isNumber } from '../../../device-drivers/reading.ts'
import type { Check, Family } from './family.ts'

/** IEEE 11073-20601 agents. */

const fieldNamed = (about: Decoded, name: string) => {
  const found = about.fields.find((f) => f.name === name)
  if (found === undefined) throw new Error(`no field '${name}'`)
  return found
}

const first = (about: Decoded): Measurement => {
  const [m] = about.measurements
  if (m === undefined) throw new Error('no measurement')
  return m
}

const number = (m: Measurement, name: string): number | undefined => {
  const value = m.values[name]
  return isNumber(value) ? value.value : undefined
}

const valueIs =
  (name: string): Check =>
  (about, expected) =>
    expect(number(first(about), name)).toBe(expected)

const hex = (text: unknown): number => Number.parseInt(String(text), 16)

/** Names of a vector and of ours. */
const QUANTITY: Readonly<Record<string, string>> = {
  systolic: 'systolic',
  diastolic: 'diastolic',
  map: 'meanArterial',
  pulse: 'pulseRate',
  weight: 'weight',
  kg: 'weight',
}

/** Partial measurements, as `first`, `newest` and the like give them. */
function expectMeasurement(m: Measurement, expected: unknown): void {
  for (const [key, value] of Object.entries(Object(expected))) {
    const name = QUANTITY[key]
    if (key === 'timestamp') expect(m.deviceTime).toBe(value)
    else if (key === 'unit') expect(m.values['weight']).toMatchObject({ unit: value })
    else if (name !== undefined) expect(number(m, name), key).toBe(value)
    else throw new Error(`nobody checks '${key}'`)
  }
}

const newest = (about: Decoded): Measurement => {
  const sorted = about.measurements.toSorted((a, b) => String(a.deviceTime).localeCompare(String(b.deviceTime)))
  const last = sorted.at(-1)
  if (last === undefined) throw new Error('no measurement')
  return last
}

/** Every value of a report in its order on the wire. */
const rawValues = (about: Decoded) =>
  about.fields.filter((f) => f.name.endsWith('-Nu-Observed-Value') && f.decimals !== undefined)

const CHECKS: Readonly<Record<string, Check>> = {
  // Times
  datetime: (about, expected) => expect(fieldNamed(about, 'AbsoluteTime').value).toBe(expected),
  seconds1900: (about, expected) => expect(fieldNamed(about, 'BaseOffsetTime bo-seconds').value).toBe(expected),
  fraction65536: (about, expected) => expect(fieldNamed(about, 'BaseOffsetTime bo-fraction').value).toBe(expected),
  offsetMinutes: (about, expected) => expect(fieldNamed(about, 'BaseOffsetTime bo-time-offset').value).toBe(expected),
  // Association
  apdu: (about, expected) => expect(fieldNamed(about, 'APDU choice').note).toBe(expected),
  dataProtoId: (about, expected) => expect(fieldNamed(about, 'data-proto-id').value).toBe(expected),
  systemId: (about, expected) => expect(String(fieldNamed(about, 'system-id').value).toUpperCase()).toBe(expected),
  devConfigId: (about, expected) => {
    const found = about.fields.find((f) => f.name === 'dev-config-id') ?? fieldNamed(about, 'Dev-Configuration-Id')
    expect(found.value).toBe(hex(expected))
  },
  kind: (about, expected) => expect(fieldNamed(about, 'dev-config-id').note).toBe(expected),
  result: (about, expected) => {
    const { value, note } = fieldNamed(about, 'result')
    expect(`${note} (${value})`).toBe(expected)
  },
  reason: (about, expected) => {
    const { value, note } = fieldNamed(about, 'reason')
    expect(typeof expected === 'number' ? value : `${value} ${note}`).toBe(expected)
  },
  // Configuration and system
  eventType: (about, expected) => expect(String(expected)).toContain(fieldNamed(about, 'event-type').note?.slice(0, 6)),
  configReportId: (about, expected) => expect(fieldNamed(about, 'config-report-id').value).toBe(hex(expected)),
  configResult: (about, expected) => {
    expect(expected).toBe('accepted (0)')
    expect(fieldNamed(about, 'config-result').value).toBe(0)
  },
  objects: (about, expected) => {
    const types = about.fields.filter((f) => f.name === 'Type.code').map((f) => Number(f.value))
    const units = about.fields.filter((f) => f.name === 'Unit-Code').map((f) => f.note)
    const objects: readonly { handle: number; type: string; unit?: string }[] = Object(expected)
    expect(types).toHaveLength(objects.length)
    for (const [i, { type, unit }] of objects.entries()) {
      // '0x0002E140': partition 2, code E140
      expect(0x20000 + Number(types[i])).toBe(hex(type.slice(0, 10)))
      if (unit !== undefined) expect(units[i]).toBe(unit)
    }
  },
  specialization: (about, expected) => {
    expect(fieldNamed(about, 'type').note?.slice(0, 6)).toBe(String(expected).slice(0, 6))
  },
  manufacturer: (about, expected) => expect(fieldNamed(about, 'manufacturer').value).toBe(expected),
  // Measurements
  systolic: valueIs('systolic'),
  diastolic: valueIs('diastolic'),
  map: valueIs('meanArterial'),
  pulse: valueIs('pulseRate'),
  spo2: valueIs('oxygenSaturation'),
  weight: valueIs('weight'),
  timestamp: (about, expected) => expect(first(about).deviceTime).toBe(expected),
  first: (about, expected) => expectMeasurement(first(about), expected),
  second: (about, expected) => expectMeasurement(about.measurements[1] ?? first(about), expected),
  newest: (about, expected) => expectMeasurement(newest(about), expected),
  secondValue: (about, expected) => expect(rawValues(about)[1]?.value).toBe(expected),
  secondObject: (about, expected) => {
    const { value, timestamp }: { value: number; timestamp: string } = Object(expected)
    expect(number(first(about), 'pulseRate')).toBe(value)
    expect(first(about).deviceTime).toBe(timestamp)
  },
  records: (about, expected) => {
    if (typeof expected === 'number') {
      expect(about.measurements).toHaveLength(expected)
      return
    }
    const records: readonly { handle: number; kg?: number; value?: number; timestamp: string }[] = Object(expected)
    expect(rawValues(about).map((f) => f.value)).toEqual(records.map((r) => r.kg ?? r.value))
    const stamps = about.fields.filter((f) => f.name === 'Absolute-Time-Stamp').map((f) => f.value)
    expect(stamps).toEqual(records.map((r) => r.timestamp))
  },
}

export const ieee11073: Family = {
  samples: {},
  sources: {
    ieee11073: ['20601-fixed', '20601-variable', '20601-report', '20601-configuration', 'unsettled'],
  },
  notYetSupported: {},
  services: ['20601', '20601 HDP/SPP'],
  checks: CHECKS,
  exceptions: {
    'ieee20601-spo2-03': {
      clause:
        'IEEE 11073-20601, annex A, ScanReportPerFixed: it begins with the person, 0001 0022 | 0001 | 0002 001C is person 1 with two observations; the vector took the count for the person',
      check: (about) => {
        expect(first(about)).toMatchObject({ slot: 1, deviceTime: '2007-12-06T12:10:00' })
        expect([number(first(about), 'oxygenSaturation'), number(first(about), 'pulseRate')]).toEqual([98, 72])
      },
    },
    'ieee20601-mds-01': {
      clause:
        'IEEE 11073-20601, annex A, SystemModel: it is two octet strings; 54686542504D 20 414243 has a blank that the vector lost',
      check: (about) => {
        const { checks } = ieee11073
        checks['specialization']?.(about, '0x1007 BP', '')
        checks['manufacturer']?.(about, 'TheCompany', '')
        checks['devConfigId']?.(about, '0x02BC', '')
        expect(fieldNamed(about, 'model-number').value).toBe('TheBPM ABC')
      },
    },
  },
}
