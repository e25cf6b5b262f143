import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../simulators/encoders/byte-writer.ts'
import {
  encodeAbort,
  encodeAbsoluteTime,
  encodeAssociationRequest,
  encodeBaseOffsetTime,
  encodeConfiguration,
  encodeReleaseRequest,
  encodeScanReport,
  type NumericObject,
  type Observed,
} from '../../../simulators/encoders/ieee11073.ts'

/** What the agents of the simulators send is what real agents and other people's tests send. */

const vectors = new Map(
  (JSON.parse(readFileSync('test/vectors/device-bytes.json', 'utf8')) as { id: string; hex: string }[]).map((v) => [
    v.id,
    v.hex,
  ]),
)

const at = (hour: number, minute: number, second = 0, day = 6) => ({ year: 2007, month: 12, day, hour, minute, second })

const numeric = (handle: number, type: number, unit: NumericObject['unit'], format: NumericObject['format']) =>
  ({ handle, type, unit, format, stamp: 'absolute' }) as const
const PRESSURE = { ...numeric(1, 18948, 'mmHg', 'compound'), components: [18949, 18950, 18951] } as const
const PULSE = numeric(2, 18474, '/min', 'basic')
const WEIGHT = numeric(1, 57664, 'kg', 'simple')
const SPO2 = numeric(1, 19384, '%', 'basic')
const OXIMETER_PULSE = numeric(10, 18458, '/min', 'basic')

/** Zeroes what no agent is free to choose the same: event time. */
const withEventTime = (bytes: Uint8Array, time: number): string => {
  const out = Buffer.from(bytes)
  out.writeUInt32BE(time, 14)
  return toHex(out)
}

describe('an agent’s bytes', () => {
  it('ask for an association', () => {
    expect(toHex(encodeAssociationRequest('00220922580803CC', 0x4000))).toBe(vectors.get('ieee20601-assoc-03'))
    expect(toHex(encodeAssociationRequest('001C050100009533', 0x0191))).toBe(vectors.get('ieee20601-assoc-01'))
  })

  it('end one', () => {
    expect(toHex(encodeReleaseRequest())).toBe(vectors.get('ieee20601-assoc-11'))
    expect(toHex(encodeAbort(3))).toBe(vectors.get('ieee20601-assoc-13'))
  })

  it('report a blood pressure with its pulse', () => {
    const observed: Observed[] = [
      { object: PRESSURE, values: [120, 80, 100], time: at(12, 10) },
      { object: PULSE, values: [{ value: 60, decimals: 1 }], time: at(12, 10) },
    ]
    const report = encodeScanReport({ invokeId: 0x54, confirmed: true }, 'fixed', 0, [{ observed }])
    expect(withEventTime(report, 0x490050)).toBe(vectors.get('ieee20601-bp-03'))
  })

  it('report an oximetry, and one of a person through a scanner', () => {
    const observed: Observed[] = [
      { object: SPO2, values: [98], time: at(12, 10) },
      { object: OXIMETER_PULSE, values: [72], time: at(12, 10) },
    ]
    const event = { invokeId: 0x1238, confirmed: true }
    expect(toHex(encodeScanReport(event, 'fixed', 0, [{ observed }]))).toBe(vectors.get('ieee20601-spo2-01'))
    const scanned = encodeScanReport({ invokeId: 0x1238, confirmed: false, handle: 40 }, 'fixed', 0, [
      { person: 1, observed },
    ])
    expect(toHex(scanned)).toBe(vectors.get('ieee20601-spo2-03'))
  })

  it('report stored weights with attributes that name themselves', () => {
    const weighed = (value: number, day: number, hour: number, minute: number, second: number): Observed => ({
      object: WEIGHT,
      values: [{ value, decimals: 2 }],
      time: { year: 2012, month: 6, day, hour, minute, second },
    })
    const observed = [
      weighed(2.4, 4, 8, 26, 39),
      weighed(72.4, 4, 10, 31, 15),
      weighed(2.2, 5, 16, 35, 12),
      weighed(88.8, 5, 16, 43, 35),
      weighed(12.6, 5, 16, 44, 48),
    ]
    const report = encodeScanReport({ invokeId: 0x1000, confirmed: true }, 'variable', 0, [{ observed }])
    // The vector begins behind the APDU's header.
    expect(toHex(report).slice(8)).toBe(vectors.get('ieee20601-weight-01'))
  })

  it('describe a scale', () => {
    const fat = numeric(2, 57676, '%', 'simple')
    const ours = toHex(encodeConfiguration(0x4321, 0x4000, [WEIGHT, fat]))
    // Metric-Spec-Small differs: the vector's scale has no aperiodic updates, and fat is calculated.
    const theirs = vectors.get('ieee20601-config-01') ?? ''
    const neutral = (hex: string) => hex.replaceAll(/0A460002..../g, '0A460002xxxx')
    expect(neutral(withEventTime(Buffer.from(ours, 'hex'), 0))).toBe(neutral(theirs))
  })

  it('write times', () => {
    const time = { year: 2007, month: 2, day: 1, hour: 12, minute: 5, second: 20 }
    // The vector has hundredths of a second; the simulators' clocks have none.
    expect(toHex(Uint8Array.from(encodeAbsoluteTime(time)))).toBe(`${vectors.get('phd-time-01')?.slice(0, 14)}00`)
    const offset = { year: 2012, month: 12, day: 3, hour: 10, minute: 14, second: 0 }
    const encoded = toHex(Uint8Array.from(encodeBaseOffsetTime(offset, -300)))
    expect(encoded).toBe(vectors.get('phd-time-03')?.replace('1314', '0000'))
  })
})
