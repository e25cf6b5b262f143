import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { andesFitSpirometer, decodeAndesFit } from '../../../device-drivers/ble/andesfit-spirometer.ts'
import { beurerOximeter, decodeBeurerOximetry } from '../../../device-drivers/ble/beurer-oximeter.ts'
import { hasGoodSum, summed, withoutPlace } from '../../../device-drivers/ble/contec-frames.ts'
import { decodeContecOximetry } from '../../../device-drivers/ble/contec-oximeter.ts'
import { contecSpirometer } from '../../../device-drivers/ble/contec-spirometer.ts'
import { blowRecord, decodeContecBlow } from '../../../device-drivers/ble/contec-spirometer-record.ts'
import { decodeJumper, jumperOximeter } from '../../../device-drivers/ble/jumper-oximeter.ts'
import { decodeNoninOximetry, judgeNoninOximetry } from '../../../device-drivers/ble/nonin-oximeter.ts'
import { oneTouch } from '../../../device-drivers/ble/one-touch.ts'
import {
  decodeOneTouch,
  decodeOneTouchRequest,
  ONE_TOUCH_FRAMES,
  readRecord,
} from '../../../device-drivers/ble/one-touch-frame.ts'
import { decodeViatomCommand, decodeViatomValues, viatomCommand } from '../../../device-drivers/ble/viatom-ring.ts'
import type { Decoded } from '../../../device-drivers/driver.ts'
import { readingId } from '../../../device-drivers/reading-id.ts'
import { encodeAndesFit } from '../../../simulators/encoders/andesfit.ts'
import {
  encodeBeurerRecord,
  encodeContecBlow,
  encodeContecValues,
  encodeContecWave,
  sumIsRight,
} from '../../../simulators/encoders/contec-ff12.ts'
import { UNKNOWN_TIME } from '../../../simulators/encoders/date-time.ts'
import {
  encodeOneTouch,
  encodeOneTouchResult,
  oneTouchSeconds,
  readOneTouchRequest,
} from '../../../simulators/encoders/one-touch.ts'
import {
  encodeJumperValues,
  encodeNoninOximetry,
  encodeViatomValues,
  readViatomCommand,
} from '../../../simulators/encoders/own-oximeters.ts'
import { agree } from '../../support/agree.ts'
import { calendar, numberOf, only, optional, text } from '../arbitraries.ts'
import { bytesOf } from '../hex.ts'
import { eventsOf, recordsOf, scriptedGatt, VISIT } from '../scripted-link.ts'

/** Vendors' own protocols: the simulators' encoders are written apart from the decoders, from the descriptions. */

const RUNS = { numRuns: 10_000 }
const spo2 = fc.integer({ min: 60, max: 100 })
const pulse7 = fc.integer({ min: 30, max: 126 })
const pulse = fc.integer({ min: 30, max: 250 })

const values = (about: Decoded) => {
  const m = only(about)
  return [numberOf(m, 'oxygenSaturation'), numberOf(m, 'pulseRate')]
}
const field = (about: Decoded, name: string): unknown => about.fields.find((each) => each.name === name)?.value
const refusal = (code: string) => expect.objectContaining({ name: 'PreCareError', code })

describe('decode(encode(x)) is x', () => {
  test('for a Nonin oximeter on Bluetooth', () => {
    const arbitrary = fc.record({
      oxygenSaturation: optional(spo2),
      pulseRate: optional(pulse),
      amplitude: fc.integer({ min: 0, max: 2000 }).map((n) => n / 100),
      counter: fc.nat(0xffff),
      smartPoint: fc.boolean(),
      weakSignal: fc.boolean(),
      attached: fc.boolean(),
      lowBattery: fc.boolean(),
    })
    fc.assert(
      fc.property(arbitrary, (x) => {
        const about = decodeNoninOximetry(encodeNoninOximetry(x))
        agree(values(about), [x.oxygenSaturation ?? 'not-measured', x.pulseRate ?? 'not-measured'])
        agree(numberOf(only(about), 'perfusionIndex'), x.amplitude)
        agree(field(about, 'Counter'), x.counter)
        const { status } = only(about)
        agree(status.includes('low-perfusion'), x.weakSignal)
        agree(status.includes('battery-low'), x.lowBattery)
        agree(status.includes('sensor-off'), !x.attached)
        agree(status.includes('questionable'), !x.smartPoint || x.weakSignal)
        const { state } = judgeNoninOximetry(encodeNoninOximetry(x))
        const measured = x.oxygenSaturation !== undefined && x.pulseRate !== undefined
        const good = x.attached && measured && x.smartPoint && !x.weakSignal
        agree(state, good ? 'final' : x.attached ? 'unsettled' : 'away')
      }),
      RUNS,
    )
  })

  test('for a Jumper oximeter', () => {
    fc.assert(
      fc.property(optional(spo2), optional(pulse), fc.nat(200), (oxygenSaturation, pulseRate, tenths) => {
        const perfusionIndex = tenths / 10
        const about = decodeJumper(encodeJumperValues({ oxygenSaturation, pulseRate, perfusionIndex }))
        agree(values(about), [oxygenSaturation ?? 'not-measured', pulseRate ?? 'not-measured'])
        agree(numberOf(only(about), 'perfusionIndex'), perfusionIndex)
      }),
      RUNS,
    )
  })

  test('for a Viatom ring, with its CRC and without', () => {
    const arbitrary = fc.record({
      oxygenSaturation: optional(spo2),
      pulseRate: optional(pulse),
      battery: fc.nat(100),
      worn: fc.boolean(),
      movement: fc.nat(255),
    })
    fc.assert(
      fc.property(arbitrary, fc.boolean(), (x, cut) => {
        const bytes = encodeViatomValues(x)
        const about = decodeViatomValues(cut ? bytes.slice(0, -1) : bytes)
        agree(values(about), [x.oxygenSaturation ?? 'not-measured', x.pulseRate ?? 'not-measured'])
        agree(field(about, 'Battery'), x.battery)
        agree(field(about, 'Movement'), x.movement)
        agree(only(about).status, x.worn ? [] : ['sensor-off'])
      }),
      RUNS,
    )
  })

  test('for a Contec CMS50D-BT', () => {
    fc.assert(
      fc.property(optional(spo2), pulse7, (oxygenSaturation, pulseRate) => {
        const seen = { oxygenSaturation, pulseRate: oxygenSaturation === undefined ? undefined : pulseRate }
        expect(values(decodeContecOximetry(encodeContecValues(seen)))).toEqual([
          oxygenSaturation ?? 'not-measured',
          seen.pulseRate ?? 'not-measured',
        ])
      }),
      RUNS,
    )
  })

  test('for a Beurer PO60', () => {
    fc.assert(
      fc.property(spo2, pulse7, calendar, fc.nat(9), (oxygenSaturation, pulseRate, end, position) => {
        const about = decodeBeurerOximetry(encodeBeurerRecord({ position, end, oxygenSaturation, pulseRate }))
        agree(values(about), [oxygenSaturation, pulseRate])
        expect(only(about)).toMatchObject({ deviceTime: text(end), status: ['from-storage'] })
        agree(field(about, 'SpO2 Maximum'), oxygenSaturation + 1)
        agree(field(about, 'Pulse Rate Minimum'), pulseRate - 1)
      }),
      RUNS,
    )
  })

  test('for a Contec SP80B', () => {
    const litres = (min: number, max: number) => fc.integer({ min, max }).map((n) => n / 100)
    const arbitrary = fc.record({
      number: fc.nat(0x3fff),
      time: calendar,
      fev1: litres(20, 800),
      fvc: litres(800, 900),
      fev6: fc.oneof(fc.constant(0), litres(800, 900)),
      peakFlow: litres(50, 1500),
    })
    fc.assert(
      fc.property(arbitrary, (x) => {
        const m = only(decodeContecBlow(encodeContecBlow(x)))
        agree([numberOf(m, 'fev1'), numberOf(m, 'fvc')], [x.fev1, x.fvc])
        agree(numberOf(m, 'fev6'), x.fev6 === 0 ? 'not-measured' : x.fev6)
        expect(m.values['fev1FvcRatio']).toMatchObject({
          value: Math.round((1000 * x.fev1) / x.fvc) / 1000,
          decimals: 3,
        })
        expect(m.values['peakFlow']).toMatchObject({ unit: 'L/min', decimals: 0 })
        expect(Math.abs(Number(numberOf(m, 'peakFlow')) - x.peakFlow * 60)).toBeLessThanOrEqual(0.5)
        agree(m.deviceTime, text(x.time))
      }),
      RUNS,
    )
  })

  test('for an AndesFit spirometer, newest blow first', () => {
    const blow = fc.record({
      stamp: fc.nat(0x7fffffff),
      fev1: fc.integer({ min: 20, max: 800 }).map((n) => n / 100),
      peakFlow: fc.integer({ min: 30, max: 900 }),
    })
    fc.assert(
      fc.property(fc.array(blow, { minLength: 1, maxLength: 3 }), (blows) => {
        const { measurements, surplusBytes } = decodeAndesFit(encodeAndesFit(blows))
        agree(surplusBytes, undefined)
        const seen = measurements.map((m) => ({
          stamp: m.sequence,
          fev1: numberOf(m, 'fev1'),
          peakFlow: numberOf(m, 'peakFlow'),
        }))
        agree(seen, blows.toReversed())
      }),
      RUNS,
    )
  })

  test('for a OneTouch meter', () => {
    const arbitrary = fc.record({
      time: calendar,
      glucose: fc.integer({ min: 0, max: 999 }),
      controlSolution: fc.boolean(),
    })
    fc.assert(
      fc.property(arbitrary, fc.nat(0xffff), (x, number) => {
        const m = only(decodeOneTouch(encodeOneTouchResult(x), number))
        agree([m.deviceTime, m.sequence], [text(x.time), number])
        const shown = Math.round((x.glucose / 18.0156) * 10) / 10
        const expected =
          x.glucose > 600 ? 'above-range' : x.glucose === 0 ? 'not-measured' : x.glucose < 20 ? 'below-range' : shown
        agree(numberOf(m, 'glucose'), expected)
        agree(m.status.includes('control-solution'), x.controlSolution)
        agree(m.status.includes('result-too-high'), x.glucose > 600)
        agree(readOneTouchRequest(readRecord(number)), Uint8Array.of(0xb3, number & 0xff, number >> 8))
      }),
      RUNS,
    )
  })
})

describe('a damaged packet', () => {
  /** One of each, as it may be sent. */
  const time = { year: 2026, month: 3, day: 1, hour: 8, minute: 30, second: 0 }
  const blow = { number: 1, time, fev1: 1.42, fvc: 3.1, fev6: 2.9, peakFlow: 3.5 }
  const CHECKED: readonly (readonly [string, Uint8Array, (bytes: Uint8Array) => Decoded])[] = [
    ['Contec values', encodeContecValues({ oxygenSaturation: 95, pulseRate: 70 }), decodeContecOximetry],
    [
      'Beurer record',
      encodeBeurerRecord({ position: 0, end: time, oxygenSaturation: 95, pulseRate: 70 }),
      decodeBeurerOximetry,
    ],
    ['Contec blow', encodeContecBlow(blow), (bytes) => decodeContecBlow(bytes)],
    [
      'Viatom values',
      encodeViatomValues({ oxygenSaturation: 95, pulseRate: 70, battery: 50, worn: true }),
      decodeViatomValues,
    ],
    ['Viatom command', viatomCommand(0x17), decodeViatomCommand],
    ['OneTouch result', encodeOneTouchResult({ time, glucose: 120 }), (bytes) => decodeOneTouch(bytes, 1)],
    ['OneTouch request', readRecord(1), decodeOneTouchRequest],
  ]

  test.each(CHECKED)('is refused whole, whatever bit is turned: %s', (_, bytes, decode) => {
    expect(() => decode(bytes)).not.toThrow()
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      // Bit 7 of a byte is no part of a sum in 7 bits: there the sum can't see it.
      const unseen = bit % 8 === 7 && hasGoodSum(bytes) && damaged[0] === bytes[0]
      if (!unseen)
        expect(() => decode(damaged), `bit ${bit}`).toThrow(expect.objectContaining({ name: 'PreCareError' }))
    }
  })

  test.each(CHECKED)('says where it was cut: %s', (name, bytes, decode) => {
    const whole = name === 'Viatom values' ? bytes.length - 1 : bytes.length
    for (let length = 0; length < whole; length++) {
      expect(() => decode(bytes.slice(0, length)), `${length}`).toThrow(refusal('packet-too-short'))
    }
  })

  test('has a wrong checksum by name, and not another error', () => {
    const wrong = (bytes: Uint8Array): Uint8Array => bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)
    for (const [, bytes, decode] of CHECKED) expect(() => decode(wrong(bytes))).toThrow(refusal('checksum-wrong'))
  })
})

describe('what vendors send besides', () => {
  test('a ring that reports a fault is a refusal, and its short answers are malformed', () => {
    expect(() => decodeViatomValues(bytesOf('55 01 fe 0000 0d00 60 5d 0000000000 31 00 00 00 01 00'))).toThrow(
      refusal('device-refused'),
    )
    expect(() => decodeViatomValues(bytesOf('55 00 ff 0000 0100 60'))).toThrow(refusal('packet-malformed'))
    expect(readViatomCommand(viatomCommand(0x17))).toBe(0x17)
  })

  test('a Contec pulse whose eighth bit nobody has seen is absent, not 128 too low', () => {
    const strange = summed(0xeb, 0x01, 0x07, 0x0c, 0x5e, 0x7f, 0x00)
    expect(values(decodeContecOximetry(strange))).toEqual([94, 'reserved'])
    expect(sumIsRight(encodeContecWave(12))).toBe(true)
  })

  test('a stored blow in which FEV1 is larger than FVC is kept, and implausible', () => {
    const blow = { number: 1, time: UNKNOWN_TIME, fev1: 3.2, fvc: 3.1, fev6: 0, peakFlow: 4 }
    expect(only(decodeContecBlow(encodeContecBlow(blow))).status).toContain('implausible')
    expect(only(decodeContecBlow(encodeContecBlow({ ...blow, fev1: 3.1 }))).status).not.toContain('implausible')
    expect(only(decodeContecBlow(encodeContecBlow({ ...blow, fev1: 3, fev6: 2.9 }))).status).toContain('implausible')
    expect(decodeContecBlow(encodeContecBlow({ ...blow, measureType: 2 })).measurements).toEqual([])
  })

  test('a date that does not exist costs the time and not the values', () => {
    const end = { year: 2026, month: 2, day: 31, hour: 8, minute: 0, second: 0 }
    const m = only(decodeBeurerOximetry(encodeBeurerRecord({ position: 0, end, oxygenSaturation: 93, pulseRate: 70 })))
    expect(m).toMatchObject({ clockUnset: true, status: ['from-storage', 'time-fault'] })
    expect(numberOf(m, 'oxygenSaturation')).toBe(93)
  })

  test('an event in the memory of a OneTouch meter is no result, and an empty place none either', () => {
    const time = { year: 2026, month: 3, day: 1, hour: 8, minute: 30, second: 0 }
    expect(decodeOneTouch(encodeOneTouchResult({ time, glucose: 0, event: 7 }), 3).measurements).toEqual([])
    expect(() => decodeOneTouch(encodeOneTouch([0x09]), 3)).toThrow(refusal('packet-malformed'))
    expect(field(decodeOneTouch(encodeOneTouch([0x07])), 'Status')).toBe(7)
    expect(oneTouchSeconds({ ...time, year: 2000, month: 1, day: 1, hour: 0, minute: 0 })).toBe(1)
  })

  test('frames of a OneTouch meter are found between acknowledgements and garbage', () => {
    const frame = encodeOneTouch([0x06, 1, 2])
    expect(ONE_TOUCH_FRAMES.measure(Uint8Array.of(0x81, ...frame))).toEqual({ frame: 1 })
    expect(ONE_TOUCH_FRAMES.measure(frame.subarray(0, 6))).toBe('more')
    expect(ONE_TOUCH_FRAMES.measure(frame.with(6, 9))).toBe('none')
    expect(ONE_TOUCH_FRAMES.measure(Uint8Array.of(1, 2, 3))).toBe('none')
  })
})

describe('the same record', () => {
  const time = { year: 2026, month: 3, day: 1, hour: 8, minute: 30, second: 0 }

  test('of an SP80B has one id, wherever it stood in the transfer', () => {
    const blow = { time, fev1: 1.42, fvc: 3.1, fev6: 0, peakFlow: 3.5 }
    const ids = [1, 2, 200].map((number) => {
      const record = blowRecord(encodeContecBlow({ ...blow, number }))
      const measurement = only(contecSpirometer.decode(record))
      expect(measurement.sequence).toBeUndefined()
      const [packet] = record
      const about = contecSpirometer.about
      return readingId({
        device: 'a-0001',
        about,
        measurement,
        packet,
        index: 0,
        occasion: { visit: 'run', position: number },
      })
    })
    expect(new Set(ids).size).toBe(1)
  })

  test('of an SP80B with a dead clock is told by its number, which nothing else could', () => {
    const blow = { time: UNKNOWN_TIME, fev1: 1.42, fvc: 3.1, fev6: 0, peakFlow: 3.5 }
    const measured = only(contecSpirometer.decode(blowRecord(encodeContecBlow({ ...blow, number: 300 }))))
    expect(measured).toMatchObject({ sequence: 300, clockUnset: true })
  })

  test('of a PO60 is the same at another position, and keeps what was sent', async () => {
    const at = (position: number) =>
      Buffer.from(encodeBeurerRecord({ position, end: time, oxygenSaturation: 93, pulseRate: 70 })).toString('hex')
    const { link, log } = scriptedGatt({
      notifications: { 'FF12 FF02': [at(0), at(3)] },
      writes: { 'FF12 FF01': true },
    })
    const records = recordsOf(await eventsOf(beurerOximeter.session(link, VISIT)))
    expect(records.map(([{ bytes }]) => Buffer.from(bytes).toString('hex'))).toEqual([at(0), at(0)])
    expect(records[1]?.[1]).toMatchObject({ source: 'po60-as-sent' })
    expect(log).toEqual(['subscribe FF02', 'write FF01 990019', 'subscribe FF02', 'write FF01 997f18'])
    expect(withoutPlace(summed(0xe9, 0x13, 5), 1, 2, 0xf0)).toEqual(summed(0xe9, 0x10, 5))
  })
})

describe('a visit', () => {
  test('to a PO60 confirms nothing when a record was damaged on the way', async () => {
    const end = { year: 2026, month: 3, day: 1, hour: 8, minute: 30, second: 0 }
    const good = encodeBeurerRecord({ position: 0, end, oxygenSaturation: 93, pulseRate: 70 })
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
    const { link, log } = scriptedGatt({
      notifications: { 'FF12 FF02': [hex(good.with(19, 12)), hex(good)] },
      writes: { 'FF12 FF01': true },
    })
    const events = await eventsOf(beurerOximeter.session(link, VISIT))
    expect(events.map(({ type }) => type)).toEqual(['rejected', 'record'])
    expect(log).not.toContain('write FF01 997f18')
  })

  test('to a PO60 asks for more, and confirms, only when what came is on disk', async () => {
    const end = { year: 2026, month: 3, day: 1, hour: 8, minute: 30, second: 0 }
    const sent = Array.from({ length: 11 }, (_, i) =>
      Buffer.from(
        encodeBeurerRecord({ position: i % 10, end: { ...end, minute: i }, oxygenSaturation: 93, pulseRate: 70 }),
      ).toString('hex'),
    )
    const { link, log } = scriptedGatt({ notifications: { 'FF12 FF02': sent }, writes: { 'FF12 FF01': true } })
    const written: number[] = []
    for await (const { type } of beurerOximeter.session(link, VISIT)) {
      if (type === 'record') written.push(log.filter((line) => line.startsWith('write')).length)
    }
    expect(written).toEqual([...Array(10).fill(1), 2])
    expect(log.at(-1)).toBe('write FF01 997f18')
  })

  test('to an AndesFit spirometer says "received" only when every blow is on disk', async () => {
    const { link, log } = scriptedGatt({
      notifications: { 'FFF0 FF0B': ['aa0600', 'aa010002', 'dd802a03600e014501a52a03609801a101', 'aa0300'] },
      writes: { 'FFF0 FF0A': true },
    })
    const seen: string[] = []
    for await (const event of andesFitSpirometer.session(link, VISIT)) {
      if (event.type === 'record') seen.push(`${Buffer.from(event.record[0].bytes).toString('hex')} ${log.at(-1)}`)
    }
    expect(seen).toEqual(['dd802a03600e014501 write FF0A 55020200', 'dda52a03609801a101 write FF0A 55020200'])
    expect(log.at(-1)).toBe('write FF0A 5503')
  })

  test('to a Jumper passes over the wave and keeps what it does not know', async () => {
    const { link } = scriptedGatt({
      notifications: {
        'CDEACB8052354C07884693A37EE6B86D CDEACB8152354C07884693A37EE6B86D': [
          '8000',
          '82010203',
          ...Array(10).fill('814b6112'),
        ],
      },
    })
    const events = await eventsOf(jumperOximeter.session(link, VISIT))
    expect(events.map(({ type }) => type)).toEqual(['rejected', 'record'])
  })

  test('to an AndesFit spirometer that nobody blows into ends without a record', async () => {
    const { link, log } = scriptedGatt({ notifications: { 'FFF0 FF0B': ['aa0601'] }, writes: { 'FFF0 FF0A': true } })
    expect(await eventsOf(andesFitSpirometer.session(link, VISIT))).toEqual([])
    expect(log.filter((line) => line === 'write FF0A 5506')).toHaveLength(240)
  })

  test('to a OneTouch meter that does not know the hub asks for pairing', async () => {
    const answers = ['81', Buffer.from(encodeOneTouch([0x07])).toString('hex')]
    const service = 'AF9DF7A1E59511E396B40002A5D5C51B'
    const { link } = scriptedGatt({
      notifications: { [`${service} AF9DF7A3E59511E396B40002A5D5C51B`]: answers },
      writes: { [`${service} AF9DF7A2E59511E396B40002A5D5C51B`]: true },
    })
    await expect(eventsOf(oneTouch.session(link, VISIT))).rejects.toThrow(refusal('pairing-failed'))
  })

  test('to a meter that never answers ends with a time-out', async () => {
    const service = 'AF9DF7A1E59511E396B40002A5D5C51B'
    const { link } = scriptedGatt({
      notifications: { [`${service} AF9DF7A3E59511E396B40002A5D5C51B`]: [] },
      writes: { [`${service} AF9DF7A2E59511E396B40002A5D5C51B`]: true },
    })
    await expect(eventsOf(oneTouch.session(link, VISIT))).rejects.toThrow(refusal('operation-timeout'))
  })
})
