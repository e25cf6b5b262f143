import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeHex } from '../../../device-drivers/decode/decoders.ts'
import { decodeNew, decodeOld } from '../../../device-drivers/serial/contec-decode.ts'
import { decodeMasimo } from '../../../device-drivers/serial/masimo-decode.ts'
import { decodeDeviceTime, decodeFormat1 } from '../../../device-drivers/serial/nonin-decode.ts'
import { decodeFormat2, decodeFormat7 } from '../../../device-drivers/serial/nonin-pleth.ts'
import { decodeUltra2 } from '../../../device-drivers/serial/onetouch-ultra2-decode.ts'
import {
  decodeUltraMiniFrame,
  decodeUltraMiniRecord,
} from '../../../device-drivers/serial/onetouch-ultramini-decode.ts'
import { decodeLungMonitor } from '../../../device-drivers/serial/vitalograph-decode.ts'
import { encodeContecNew, encodeContecOld } from '../../../simulators/encoders/contec.ts'
import { encodeMasimo } from '../../../simulators/encoders/masimo.ts'
import { encodeDeviceTime } from '../../../simulators/encoders/nonin.ts'
import { encodeFormat1, encodeFormat2, encodeFormat7 } from '../../../simulators/encoders/nonin-stream.ts'
import {
  encodeUltra2Clock,
  encodeUltra2Header,
  encodeUltra2Record,
  encodeUltra2Serial,
} from '../../../simulators/encoders/onetouch-ultra2.ts'
import {
  encodeUltraMiniClock,
  encodeUltraMiniCount,
  encodeUltraMiniFrame,
  encodeUltraMiniRecord,
  encodeUltraMiniText,
} from '../../../simulators/encoders/onetouch-ultramini.ts'
import { encodeLungMonitor } from '../../../simulators/encoders/vitalograph.ts'
import { agree } from '../../support/agree.ts'
import { calendar, numberOf, only, optional, text } from '../arbitraries.ts'

/** Encoders and decoders are written apart, from the specifications: what one says, the other reads. */

const RUNS = { numRuns: 10_000 }

const saturation = fc.integer({ min: 1, max: 100 })
const pulse = fc.integer({ min: 1, max: 255 })
const field = (about: ReturnType<typeof decodeUltra2>, name: string) => about.fields.find((f) => f.name === name)?.value

describe('decode(encode(x)) is x', () => {
  const sample = fc.record({
    oxygenSaturation: optional(saturation),
    pulseRate: optional(fc.integer({ min: 0, max: 510 })),
    smartPoint: fc.boolean(),
    sensorOff: fc.boolean(),
    outOfTrack: fc.boolean(),
    lowPerfusion: fc.boolean(),
    artifact: fc.boolean(),
    lowBattery: fc.boolean(),
  })
  test.each([
    ['1', encodeFormat1, decodeFormat1, false],
    ['2', encodeFormat2, decodeFormat2, true],
    ['7', encodeFormat7, decodeFormat7, true],
  ] as const)('for Nonin data format %s', (_, encode, decode, saysBattery) => {
    fc.assert(
      fc.property(sample, fc.boolean(), (s, unsettled) => {
        const m = only(decode(encode(s), unsettled))
        agree(numberOf(m, 'oxygenSaturation'), s.oxygenSaturation ?? 'not-measured')
        agree(numberOf(m, 'pulseRate'), s.pulseRate ?? 'not-measured')
        agree(m.status.includes('sensor-off'), s.sensorOff)
        agree(m.status.includes('poor-signal'), s.outOfTrack || s.artifact)
        agree(m.status.includes('low-perfusion'), s.lowPerfusion)
        agree(m.status.includes('battery-low'), saysBattery && s.lowBattery)
        agree(m.status.includes('questionable'), unsettled)
      }),
      RUNS,
    )
  })

  test('for the clock of a Nonin oximeter', () => {
    fc.assert(
      fc.property(calendar, (time) => {
        agree(decodeDeviceTime(encodeDeviceTime(time)).time, { text: text(time), state: 'valid' })
      }),
      RUNS,
    )
  })

  test('for both protocols of Contec', () => {
    const arbitrary = fc.record({
      oxygenSaturation: optional(saturation),
      pulseRate: optional(pulse),
      fingerOut: fc.boolean(),
      probeError: fc.boolean(),
      searching: fc.boolean(),
      strength: fc.nat(15),
      wave: fc.nat(127),
    })
    fc.assert(
      fc.property(arbitrary, (s) => {
        const old = only(decodeOld(encodeContecOld(s)))
        const young = only(decodeNew(encodeContecNew(s)))
        for (const m of [old, young]) {
          agree(numberOf(m, 'oxygenSaturation'), s.oxygenSaturation ?? 'not-measured')
          agree(numberOf(m, 'pulseRate'), s.pulseRate ?? 'not-measured')
        }
        agree(old.status.includes('sensor-off'), s.fingerOut)
        agree(old.status.includes('sensor-fault'), s.probeError)
        agree(old.status.includes('poor-signal'), s.searching)
      }),
      RUNS,
    )
  })

  test('for a line of Masimo', () => {
    const arbitrary = fc.record({
      time: calendar,
      serial: fc.nat(9_999_999).map(String),
      oxygenSaturation: optional(saturation),
      pulseRate: optional(fc.integer({ min: 1, max: 240 })),
      perfusionIndex: optional(fc.nat(2000).map((n) => n / 100)),
      exceptions: fc.nat(0xffff),
    })
    fc.assert(
      fc.property(arbitrary, (line) => {
        const m = only(decodeMasimo(encodeMasimo(line)))
        agree(numberOf(m, 'oxygenSaturation'), line.oxygenSaturation ?? 'not-measured')
        agree(numberOf(m, 'pulseRate'), line.pulseRate ?? 'not-measured')
        agree(numberOf(m, 'perfusionIndex'), line.perfusionIndex ?? 'not-measured')
        agree(m.deviceTime, text(line.time))
        const any = (bits: number): boolean => (line.exceptions & bits) !== 0
        agree(m.status.includes('sensor-off'), any(0x021))
        agree(m.status.includes('sensor-fault'), any(0x082))
        agree(m.status.includes('low-perfusion'), any(0x004))
        agree(m.status.includes('poor-signal'), any(0x458))
      }),
      RUNS,
    )
  })

  test('for a blow of the Lung Monitor', () => {
    const hundredths = (min: number, max: number) => fc.integer({ min, max }).map((n) => n / 100)
    fc.assert(
      fc.property(hundredths(20, 450), hundredths(0, 450), calendar, fc.boolean(), (fev1, more, time, good) => {
        const fev6 = Math.round((fev1 + more) * 100) / 100
        const m = only(decodeLungMonitor(encodeLungMonitor({ deviceId: '129406', fev1, fev6, time, good })))
        agree([numberOf(m, 'fev1'), numberOf(m, 'fev6')], [fev1, fev6])
        expect(Math.abs(Number(numberOf(m, 'fev1Fev6Ratio')) - fev1 / fev6)).toBeLessThanOrEqual(0.0051)
        agree([m.deviceTime, m.status.includes('poor-blow')], [text(time), !good])
      }),
      RUNS,
    )
  })

  test('for all lines of an Ultra2', () => {
    const arbitrary = fc.record({
      time: calendar,
      glucose: fc.integer({ min: 20, max: 620 }),
      control: fc.boolean(),
      meal: fc.constantFrom('N' as const, 'B' as const, 'A' as const),
      comment: fc.constantFrom('00', '07', '11'),
    })
    fc.assert(
      fc.property(arbitrary, (record) => {
        const about = decodeUltra2(encodeUltra2Record(record))
        const m = only(about)
        agree(m.deviceTime, text(record.time))
        agree([field(about, 'Meal Flag'), field(about, 'Comment')], [record.meal, record.comment])
        if (record.glucose > 600) {
          agree([numberOf(m, 'glucose'), m.status], ['above-range', ['result-too-high']])
        } else {
          agree(field(about, 'Glucose'), record.glucose)
          expect(Math.abs(Number(numberOf(m, 'glucose')) - record.glucose / 18.0156)).toBeLessThan(0.051)
          agree(m.status.includes('control-solution'), record.control)
        }
        agree(field(decodeUltra2(encodeUltra2Clock('F', record.time)), 'Timestamp'), text(record.time))
        const header = decodeUltra2(encodeUltra2Header(record.glucose, 'GMF600DCY', 'MMOL/L'))
        agree([field(header, 'Number of Records'), field(header, 'Display Unit')], [record.glucose, 'MMOL/L'])
      }),
      RUNS,
    )
    expect(field(decodeUltra2(encodeUltra2Serial('GMF600DCY')), 'Serial Number')).toBe('GMF600DCY')
  })

  test('for messages and frames of an UltraMini', () => {
    fc.assert(
      fc.property(calendar, fc.nat(700), fc.nat(15), (time, glucose, link) => {
        const record = encodeUltraMiniRecord(time, glucose)
        const m = only(decodeUltraMiniRecord(record))
        agree(m.deviceTime, text(time))
        const shown = numberOf(m, 'glucose')
        if (glucose > 600) agree([shown, m.status], ['above-range', ['result-too-high']])
        else if (glucose < 20) agree([shown, m.status], ['below-range', ['result-too-low']])
        else expect(Math.abs(Number(shown) - glucose / 18.0156)).toBeLessThan(0.051)
        const framed = decodeUltraMiniFrame(encodeUltraMiniFrame(link, record))
        agree(framed.measurements, [m])
        expect([
          field(framed, 'S'),
          field(framed, 'E'),
          field(framed, 'Acknowledge'),
          field(framed, 'Disconnect'),
        ]).toEqual([1, 2, 4, 8].map((bit) => (link & bit) !== 0))
        const count = decodeUltraMiniFrame(encodeUltraMiniFrame(link, encodeUltraMiniCount(glucose)))
        agree(field(count, 'Number of Records'), glucose)
        const clock = decodeUltraMiniFrame(encodeUltraMiniFrame(link, encodeUltraMiniClock(time)))
        agree(field(clock, 'Date and Time'), text(time))
      }),
      RUNS,
    )
    const serial = decodeUltraMiniFrame(encodeUltraMiniFrame(0, encodeUltraMiniText('C123AB456')))
    expect(field(serial, 'Text')).toBe('C123AB456')
  })
})

describe('bytes that are damaged', () => {
  const time = { year: 2026, month: 3, day: 1, hour: 8, minute: 30, second: 0 }
  const blow = encodeLungMonitor({ deviceId: '129406', fev1: 1.42, fev6: 2.31, time, good: true })
  const glucose = encodeUltra2Record({ time, glucose: 99 })
  const frame = encodeUltraMiniFrame(2, encodeUltraMiniRecord(time, 99))
  const packet = encodeFormat2({ oxygenSaturation: 95, pulseRate: 80, smartPoint: true })

  test.each([
    ['a blow', blow, decodeLungMonitor],
    ['a record of an Ultra2', glucose, decodeUltra2],
    ['a frame of an UltraMini', frame, decodeUltraMiniFrame],
    ['a packet of data format 2', packet, decodeFormat2],
  ] as const)('%s is refused with any one bit changed, and cut at every byte', (_, whole, decode) => {
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = whole.map((byte, i) => (i === bit >>> 3 ? byte ^ (1 << (bit & 7)) : byte))
      expect(() => decode(bytes), `bit ${bit}`).toThrow(expect.objectContaining({ name: 'PreCareError' }))
    }
    for (let length = 0; length < whole.length; length++) {
      // Whole frames of a stream are read as far as they go.
      if (whole === packet && length % 5 === 0 && length > 0) continue
      expect(() => decode(whole.slice(0, length)), `length ${length}`).toThrow(
        expect.objectContaining({ code: 'packet-too-short' }),
      )
    }
  })

  test('a date that does not exist costs the date only', () => {
    const odd = { ...time, month: 2, day: 31 }
    const about = decodeLungMonitor(encodeLungMonitor({ deviceId: '1', fev1: 1.42, fev6: 2.31, time: odd, good: true }))
    expect(only(about)).toMatchObject({ values: { fev1: { value: 1.42 } }, status: ['time-fault'], clockUnset: true })
    expect(only(decodeUltra2(encodeUltra2Record({ time: odd, glucose: 99 })))).toMatchObject({ clockUnset: true })
    expect(() => decodeUltra2(encodeUltra2Clock('F', odd))).toThrow(
      expect.objectContaining({ code: 'date-time-invalid' }),
    )
  })

  /** Recorded from a Nonin oximeter: mattjlewis/NoninPulseOx, DataFormat2FrameSerialiser. The fifth frame begins a packet. */
  test('a recording of data format 2 is 96 % and 74 a minute', () => {
    const recording = `01804900CA 0180464A11 01804400C5 01804300C4 01814300C5 0180434A0E 0180436024 0180439458 01804300C4
      01804100C2 01803E17D6 01803C04C1 018039601A 0180366017 0180356016 01803400B5 01803400B5 01803400B5 0180354A00
      0180366017 0180376018 01803A00BB 01804000C1 01804A00CB 0180574A22 01806900EA 01807C4A47 0180900011 0180A10022
      0181AF0031`
    const about = decodeHex('SPP 9600 8N1', 'Nonin data format 2', recording)
    const m = only(about)
    expect([numberOf(m, 'oxygenSaturation'), numberOf(m, 'pulseRate'), m.status]).toEqual([96, 74, []])
    expect([field(about, 'SpO2-D'), field(about, 'TMR LSB')]).toEqual([0x60, 0x17])
  })

  test('a recording of data format 2 that begins in the middle of a packet is read from the next one on', () => {
    const two = Uint8Array.of(...packet, ...packet)
    const from = decodeFormat2(two.slice(20))
    expect(only(from).values).toEqual(only(decodeFormat2(packet)).values)
    expect(decodeFormat2(packet.slice(20)).measurements).toEqual([])
  })
})
