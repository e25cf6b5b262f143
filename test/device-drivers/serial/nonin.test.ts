import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { takeFrames } from '../../../device-drivers/serial/framing.ts'
import { noninSpotCheck } from '../../../device-drivers/serial/nonin.ts'
import { decodeFormat8, decodeFormat13 } from '../../../device-drivers/serial/nonin-decode.ts'
import { SPOT_CHECK_FRAMES, STREAM_FRAMES } from '../../../device-drivers/serial/nonin-frames.ts'
import { noninStream } from '../../../device-drivers/serial/nonin-stream.ts'
import { encodeFormat8, encodeFormat13, encodeSerialNumber } from '../../../simulators/encoders/nonin.ts'
import { bytesOf } from '../hex.ts'
import { eventsOf, recordsOf, scriptedSerial, VISIT } from '../scripted-link.ts'

const time = (minute: number) => ({ year: 2026, month: 2, day: 28, hour: 7, minute, second: 30 })
const spotCheck = (minute: number, more: { fromMemory?: boolean; smartPoint?: boolean } = {}): Uint8Array =>
  encodeFormat13({
    time: time(minute),
    oxygenSaturation: 93,
    pulseRate: 300,
    smartPoint: true,
    fromMemory: false,
    ...more,
  })
const SERIAL = encodeSerialNumber('501493200')

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [...new Set(at.map((n) => n % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((from, i) => bytes.slice(from, places[i]))
}

const hexes = (list: readonly Uint8Array[]): string[] => list.map((bytes) => Buffer.from(bytes).toString('hex'))

describe('framing', () => {
  test('finds the same frames however the stream is cut, with garbage between them, and loses no byte', () => {
    const garbage = fc.uint8Array({ maxLength: 30 })
    const cuts = fc.array(fc.nat(), { maxLength: 12 })
    fc.assert(
      fc.property(garbage, cuts, (noise, at) => {
        // FF starts no frame, so the noise cannot swallow what follows.
        const stream = joined(
          spotCheck(1),
          noise.map((byte) => byte | 0x80),
          spotCheck(2),
          SERIAL,
          spotCheck(3),
        )
        let held: Uint8Array = new Uint8Array()
        const frames: Uint8Array[] = []
        let skipped = 0
        for (const chunk of cut(stream, at)) {
          const framed = takeFrames(SPOT_CHECK_FRAMES, held, chunk)
          frames.push(...framed.frames)
          skipped += framed.skipped.reduce((sum, run) => sum + run.length, 0)
          held = framed.held
        }
        expect(hexes(frames)).toEqual(hexes([spotCheck(1), spotCheck(2), SERIAL, spotCheck(3)]))
        expect(skipped).toBe(noise.length)
        expect(held).toHaveLength(0)
      }),
    )
  })

  test('of any bytes hands back every byte once and holds less than one frame', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (chunks) => {
        for (const rule of [SPOT_CHECK_FRAMES, STREAM_FRAMES]) {
          let held: Uint8Array = new Uint8Array()
          const back: number[] = []
          for (const chunk of chunks) {
            const framed = takeFrames(rule, held, chunk)
            held = framed.held
            back.push(...framed.frames.map((f) => f.length), ...framed.skipped.map((s) => s.length))
            expect(held.length).toBeLessThan(rule.longest)
          }
          const sum = back.reduce((a, b) => a + b, 0) + held.length
          expect(sum).toBe(chunks.reduce((a, b) => a + b.length, 0))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('finds its feet at the next good frame after one with a wrong sum', () => {
    const bad = spotCheck(1)
    bad[18] = 7
    const framed = takeFrames(SPOT_CHECK_FRAMES, new Uint8Array(), joined(bad, spotCheck(2)))
    expect(hexes(framed.frames)).toContain(hexes([spotCheck(2)])[0])
    expect(framed.skipped.length).toBeGreaterThan(0)
  })
})

describe('data format 13', () => {
  test('is a spot check with the date of the oximeter', () => {
    expect(decodeFormat13(spotCheck(5)).measurements).toEqual([
      {
        kind: 'oxygen-saturation',
        values: {
          oxygenSaturation: { value: 93, unit: '%', decimals: 0 },
          pulseRate: { value: 300, unit: '/min', decimals: 0 },
        },
        status: ['implausible'],
        deviceTime: '2026-02-28T07:05:30',
      },
    ])
  })

  test('without SmartPoint is questionable, from the memory says so, and missing values are absent', () => {
    expect(decodeFormat13(spotCheck(1, { smartPoint: false })).measurements[0]?.status).toContain('questionable')
    expect(decodeFormat13(spotCheck(1, { fromMemory: true })).measurements[0]?.status).toContain('from-storage')
    const nothing = { oxygenSaturation: undefined, pulseRate: undefined, smartPoint: false, fromMemory: false }
    expect(decodeFormat13(encodeFormat13({ ...nothing, time: time(1) })).measurements[0]).toMatchObject({
      values: { oxygenSaturation: { absent: 'not-measured' }, pulseRate: { absent: 'not-measured' } },
      status: ['invalid'],
    })
  })

  test('with a date that is no BCD keeps the values, without a device time', () => {
    const bytes = spotCheck(1)
    bytes[8] = 0x2f
    bytes[20] = ((bytes[20] ?? 0) + 0x2f - 0x02) & 0xff
    const [measurement] = decodeFormat13(bytes).measurements
    expect(measurement?.values['oxygenSaturation']).toMatchObject({ value: 93 })
    expect(measurement).toMatchObject({ clockUnset: true })
    expect(measurement?.status).toContain('time-fault')
    expect(measurement).not.toHaveProperty('deviceTime')
  })

  test('with a wrong sum is refused', () => {
    const bytes = spotCheck(1)
    bytes[20] = ((bytes[20] ?? 0) + 1) & 0xff
    expect(() => decodeFormat13(bytes)).toThrow('the sum of the data is another')
  })
})

describe('a visit to an oximeter with a memory', () => {
  const visit = async (...chunks: readonly Uint8Array[]) => {
    const { link, log } = scriptedSerial(chunks)
    const events = await eventsOf(noninSpotCheck.session(link, VISIT))
    return { events, records: recordsOf(events), log, link }
  }

  test('acknowledges nothing by itself: only commit writes ACK', async () => {
    const { records, log, link } = await visit(spotCheck(1), spotCheck(2))
    expect(records).toHaveLength(2)
    expect(log.filter((written) => written === '06')).toEqual([])
    const [record] = records
    if (record === undefined) throw new Error('no record')
    await noninSpotCheck.commit?.(link, record)
    expect(log.at(-1)).toBe('06')
  })

  test('gives a record that is offered again the same bytes, though the oximeter changed its status', async () => {
    const first = await visit(spotCheck(1))
    const again = await visit(spotCheck(1, { fromMemory: true }))
    expect(again.records[0]?.[0]).toEqual(first.records[0]?.[0])
    const [record] = again.records
    if (record === undefined) throw new Error('no record')
    expect(noninSpotCheck.decode(record).measurements[0]?.status).toContain('from-storage')
  })

  test('passes over a repeat that crossed the ACK, and lets a second one through: then the ACK was lost', async () => {
    expect((await visit(spotCheck(1), spotCheck(1), spotCheck(2))).records).toHaveLength(2)
    expect((await visit(spotCheck(1), spotCheck(1), spotCheck(1, { fromMemory: true }))).records).toHaveLength(2)
  })

  test('learns the serial number, and rejects bytes that are no frame', async () => {
    const { events } = await visit(SERIAL, bytesOf('ffff'), spotCheck(1), spotCheck(2).slice(0, 10))
    expect(events.map((event) => event.type)).toEqual(['identity', 'rejected', 'record', 'rejected'])
    expect(events[0]).toEqual({ type: 'identity', manufacturer: 'Nonin', serial: '501493200' })
  })
})

describe('a stream of data format 8', () => {
  const sample = (more: object = {}): Uint8Array =>
    encodeFormat8({ oxygenSaturation: 91, pulseRate: 235, smartPoint: false, ...more })
  const off = encodeFormat8({ oxygenSaturation: undefined, pulseRate: undefined, smartPoint: false, sensorOff: true })

  const visit = async (...samples: readonly Uint8Array[]) => {
    const { link, log } = scriptedSerial([joined(...samples)])
    const records = recordsOf(await eventsOf(noninStream.session(link, VISIT)))
    return { log, measurements: records.flatMap((record) => noninStream.decode(record).measurements) }
  }

  test('is one reading when the oximeter says SmartPoint', async () => {
    const { measurements, log } = await visit(
      sample(),
      sample(),
      sample({ smartPoint: true }),
      ...Array(20).fill(sample()),
    )
    expect(log).toContain('0270040208007e03')
    expect(measurements).toEqual([
      {
        kind: 'oxygen-saturation',
        values: {
          oxygenSaturation: { value: 91, unit: '%', decimals: 0 },
          pulseRate: { value: 235, unit: '/min', decimals: 0 },
        },
        status: [],
      },
    ])
  })

  test('gives no reading out of artifacts, and one for each finger', async () => {
    expect((await visit(...Array(30).fill(sample({ artifact: true, smartPoint: true })))).measurements).toEqual([])
    const finger = [...Array(12).fill(sample({ smartPoint: true })), off, off, off]
    expect((await visit(...finger, ...finger)).measurements).toHaveLength(2)
  })

  test('that is cut before it is stable is questionable', async () => {
    expect((await visit(...Array(6).fill(sample()))).measurements[0]?.status).toEqual(['questionable'])
  })

  test('decodes to what was encoded', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 50, max: 100 }),
        fc.integer({ min: 20, max: 250 }),
        fc.boolean(),
        (spo2, pulse, low) => {
          const bytes = encodeFormat8({ oxygenSaturation: spo2, pulseRate: pulse, smartPoint: true, lowPerfusion: low })
          expect(decodeFormat8(bytes).measurements[0]).toMatchObject({
            values: { oxygenSaturation: { value: spo2 }, pulseRate: { value: pulse } },
            status: low ? ['low-perfusion'] : [],
          })
        },
      ),
    )
  })
})
