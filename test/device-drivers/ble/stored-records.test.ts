import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { accuChek } from '../../../device-drivers/ble/accu-chek.ts'
import { bodyCompositionService } from '../../../device-drivers/ble/body-composition.ts'
import { careSens } from '../../../device-drivers/ble/caresens.ts'
import { continuousGlucoseService } from '../../../device-drivers/ble/continuous-glucose.ts'
import { glucoseService } from '../../../device-drivers/ble/glucose.ts'
import { pulseOximeterService } from '../../../device-drivers/ble/pulse-oximeter.ts'
import { taiDoc } from '../../../device-drivers/ble/taidoc.ts'
import type { BleDriver, Measurement, RawRecord, SessionEvent, Visit } from '../../../device-drivers/driver.ts'
import { isPreCareError, type PreCareError } from '../../../device-drivers/errors.ts'
import { readingId } from '../../../device-drivers/reading-id.ts'
import { type BodyScaleOptions, createBodyScale } from '../../../simulators/devices/body-scale.ts'
import type { BleDevice } from '../../../simulators/devices/device.ts'
import { createGlucoseMeter, type GlucoseMeterOptions } from '../../../simulators/devices/glucose-meter.ts'
import { createGlucoseSensor, type GlucoseSensorOptions } from '../../../simulators/devices/glucose-sensor.ts'
import { createStoringOximeter } from '../../../simulators/devices/storing-oximeter.ts'
import { encodeBodyCompositionParts } from '../../../simulators/encoders/body-composition.ts'
import { seededRandom } from '../../../simulators/scenario-random.ts'
import { fastTime } from '../../support/fast-time.ts'
import { wire } from '../../support/wired-link.ts'
import { eventsOf, recordsOf, scriptedGatt, VISIT } from '../scripted-link.ts'

/** Devices with a memory, visited again and again: what is stored, once, and what is asked of them. */

const ID = { id: 'meter-0001', address: 'c0:00:00:00:00:01' } as const
const HOUR = 3_600_000
let time = fastTime()
beforeEach(() => {
  time = fastTime()
})
afterEach(() => time.stop())
const around = () => ({ time, wallNow: () => time.now(), timeZone: 'Europe/Copenhagen', random: seededRandom(3) })

interface Visited {
  readonly events: readonly SessionEvent[]
  readonly records: readonly RawRecord[]
  readonly error: PreCareError | undefined
}

/** A hub: its memory, and every reading by its id. */
function hub(driver: BleDriver, device: BleDevice, options: Visit['options'] = {}) {
  const line = wire(time)
  device.attachTo(line.place)
  const memory: Record<string, number | string> = {}
  const readings = new Map<string, Measurement>()
  return {
    memory,
    readings,
    values: () => [...readings.values()].map((m) => Object.values(m.values)[0]),
    numbers: () => [...readings.values()].map((m) => m.sequence).sort((a, b) => Number(a) - Number(b)),
    async visit(): Promise<Visited> {
      const events: SessionEvent[] = []
      const records: RawRecord[] = []
      let error: PreCareError | undefined
      const link = line.connect()
      try {
        for await (const event of driver.session(link, { ...VISIT, memory: { ...memory }, options })) {
          events.push(event)
          if (event.type === 'record' || event.type === 'remember') Object.assign(memory, event.remember)
          if (event.type !== 'record') continue
          records.push(event.record)
          driver.decode(event.record).measurements.forEach((measurement, index) => {
            const packet = event.record[0]
            const about = { device: ID.id, about: driver.about, measurement, packet, index }
            readings.set(readingId({ ...about, occasion: { visit: 'run', position: readings.size } }), measurement)
          })
        }
      } catch (caught) {
        if (!isPreCareError(caught)) throw caught
        error = caught
      }
      link.close()
      return { events, records, error }
    },
  }
}

const types = (visited: Visited): string[] => visited.events.map((event) => event.type)

describe('a glucose meter', () => {
  const meter = (options: Partial<GlucoseMeterOptions> = {}, driver = glucoseService) => {
    const device = createGlucoseMeter({ ...ID, ...options }, around())
    return { device, ...hub(driver, device) }
  }
  const measure = (device: BleDevice, count: number, from = 5) => {
    for (let i = 0; i < count; i++) device.measure({ glucose: from + i / 10 }, { at: time.now() - (100 - i) * HOUR })
  }

  test('is asked for everything at first, and then only from the last known record on', async () => {
    const { device, visit, numbers } = meter()
    measure(device, 3)
    expect((await visit()).error).toBeUndefined()
    expect(numbers()).toEqual([1, 2, 3])
    device.measure({ glucose: 9 })
    const asked = device.requests.length
    const second = await visit()
    expect(device.requests.slice(asked)).toEqual(['0103010300'])
    expect(second.records).toHaveLength(2)
    expect(numbers()).toEqual([1, 2, 3, 4])
  })

  test('is never told to delete', async () => {
    const { device, visit } = meter({ busyAtFirst: true, silentAfterRecords: 1 })
    measure(device, 3)
    await visit()
    await visit()
    const opCodes = new Set(device.requests.map((request) => request.slice(0, 2)))
    expect(opCodes).not.toContain('02')
    expect(opCodes).toContain('03')
  })

  test('that counts anew after a reset is read whole, also when its numbers have passed the old ones', async () => {
    const { device, visit, readings } = meter()
    measure(device, 5)
    await visit()
    device.reset()
    measure(device, 2, 7)
    await visit()
    expect(readings.size).toBe(7)
    device.reset()
    measure(device, 9, 12)
    await visit()
    expect(readings.size).toBe(16)
  })

  test('without records, or without new ones, is a good visit', async () => {
    const { device, visit, readings } = meter()
    const empty = await visit()
    expect([empty.error, types(empty).includes('record')]).toEqual([undefined, false])
    measure(device, 1)
    await visit()
    const again = await visit()
    expect([again.error, readings.size]).toEqual([undefined, 1])
  })

  test.each([
    ['newest first', { order: 'newest-first' }],
    ['shuffled and twice', { order: 'shuffled', sendsTwice: true }],
    ['without a count', { withoutCount: true }],
    ['ending with "no records found"', { endsWithNoRecords: true }],
    ['still busy with the last visit', { busyAtFirst: true }],
  ] as const)('that sends %s loses nothing and doubles nothing', async (_, habits) => {
    const { device, visit, numbers } = meter(habits)
    measure(device, 7)
    expect((await visit()).error).toBeUndefined()
    measure(device, 2, 8)
    expect((await visit()).error).toBeUndefined()
    expect(numbers()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('that always hangs up after two records gets all of them out, visit by visit', async () => {
    const { device, visit, numbers } = meter({ leavesAfterRecords: 2 })
    measure(device, 6)
    for (let i = 0; i < 6; i++) await visit()
    expect(numbers()).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('that hangs up and sends newest first loses no older record', async () => {
    const { device, visit, readings, memory } = meter({ leavesAfterRecords: 2, order: 'newest-first' })
    measure(device, 4)
    await visit()
    expect(memory).toEqual({})
    expect(readings.size).toBe(3) // the first one, and the two newest
  })

  test('that stops answering is told to abort after half a minute, and what came is kept', async () => {
    const { device, visit, readings } = meter({ silentAfterRecords: 2 })
    measure(device, 5)
    const before = time.now()
    const { error } = await visit()
    expect(error?.code).toBe('operation-timeout')
    expect(device.requests.at(-1)).toBe('0300')
    expect(time.now() - before).toBeGreaterThanOrEqual(30_000)
    expect(readings.size).toBe(2)
  })

  test('of which a record was lost on the way is read whole again, since the count says so', async () => {
    const { device, visit, numbers, memory } = meter({ losesOneRecord: true })
    measure(device, 5)
    device.measure({ glucose: 9 })
    const { events } = await visit()
    expect(events.flatMap((event) => (event.type === 'rejected' ? [event.reason] : []))).toEqual([
      'packet-malformed: 5 of 6 records came',
    ])
    expect(memory).toEqual({})
    await visit()
    expect(numbers()).toEqual([1, 2, 3, 4, 5, 6])
    expect(memory).toMatchObject({ lastNumber: 6 })
  })

  test('keeps the meal beside its record, and only there', async () => {
    const { device, visit } = meter()
    device.measure({ glucose: 5, meal: 1 })
    device.measure({ glucose: 6 })
    device.measure({ glucose: 7, meal: 2 })
    const { records } = await visit()
    expect(records.slice(-3).map((record) => record.map((packet) => packet.source))).toEqual([
      ['2A18', '2A34'],
      ['2A18'],
      ['2A18', '2A34'],
    ])
  })

  test('shows HI and LO, and marks control solution', async () => {
    const { device, visit, values } = meter()
    device.measure({ glucose: 40 })
    device.measure({ glucose: 0.3 })
    await visit()
    expect(values()).toEqual([
      { absent: 'above-range', unit: 'mmol/L' },
      { absent: 'below-range', unit: 'mmol/L' },
    ])
    const control = meter({ controlSolution: true })
    control.device.measure({ glucose: 6 })
    await control.visit()
    expect([...control.readings.values()].map((m) => m.status)).toEqual([['control-solution']])
  })

  test('gives the time that its user sees, an hour from its base time', async () => {
    const { device, visit, readings } = meter({ timeOffset: 60 })
    const { deviceTime } = device.measure({ glucose: 6 })
    await visit()
    expect([...readings.values()].map((m) => m.deviceTime)).toEqual([deviceTime])
    expect(deviceTime).toBe('2026-01-15T12:00:00')
  })

  test('has its clock settled before its records, and says who it is after them', async () => {
    const { device, visit } = meter({}, accuChek)
    measure(device, 1)
    expect(types(await visit())).toEqual(['clock', 'clock-set', 'record', 'record', 'remember', 'identity', 'battery'])
  })

  test('that hangs up when it has handed over everything has made a good visit', async () => {
    const { device, visit } = meter({ leavesAfterMs: 0 })
    measure(device, 1)
    const { error, events } = await visit()
    expect(error).toBeUndefined()
    expect(events.at(-1)?.type).toBe('remember')
  })

  test('TaiDoc, which counts from the newest, is known by its times', async () => {
    const { device, visit, readings } = meter({ countsFromNewest: true, timeCharacteristic: 'none' }, taiDoc)
    measure(device, 3)
    await visit()
    measure(device, 2, 8)
    await visit()
    expect(readings.size).toBe(5)
    expect([...readings.values()].every((m) => m.sequence === undefined)).toBe(true)
  })

  test('CareSens has its own clock set, and its ketone is no glucose', async () => {
    const { device, visit, readings } = meter({ timeCharacteristic: 'isens', endsWithNoRecords: true }, careSens)
    device.measure({ ketone: 0.6 })
    device.measure({ glucose: 6.2 })
    expect(types(await visit())[0]).toBe('clock-set')
    expect([...readings.values()].map((m) => [m.kind, m.values, m.status])).toEqual([
      ['ketone', { ketone: { value: 0.6, unit: 'mmol/L', decimals: 1 } }, []],
      ['glucose', { glucose: { value: 6.2, unit: 'mmol/L', decimals: 1 } }, []],
    ])
  })
})

describe('a glucose sensor', () => {
  const sensor = (options: Partial<GlucoseSensorOptions> = {}) => {
    const device = createGlucoseSensor({ ...ID, startedMinutesAgo: 600, ...options }, around())
    return { device, ...hub(continuousGlucoseService, device) }
  }
  const measure = (device: BleDevice, minutesAgo: readonly number[]) => {
    for (const ago of minutesAgo) device.measure({ glucose: 8, sensorQuality: 97 }, { at: time.now() - ago * 60_000 })
  }

  test('gives each record its time from the start of the session, several out of one notification', async () => {
    const { device, visit, readings } = sensor({ recordsPerPacket: 3 })
    measure(device, [15, 10, 5, 0])
    expect((await visit()).error).toBeUndefined()
    expect([...readings.values()].map((m) => [m.sequence, m.deviceTime])).toEqual([
      [585, '2026-01-15T11:45:00'],
      [590, '2026-01-15T11:50:00'],
      [595, '2026-01-15T11:55:00'],
      [600, '2026-01-15T12:00:00'],
    ])
  })

  test('is asked from the last minute on, and for everything when a new session began', async () => {
    const { device, visit, readings } = sensor()
    measure(device, [10, 5])
    await visit()
    measure(device, [0])
    const asked = device.requests.length
    await visit()
    expect(device.requests.slice(asked)).toEqual(['0103015302'])
    device.startSession()
    measure(device, [0])
    await visit()
    expect(readings.size).toBe(4)
  })

  test('is read whole when a new session has come to the minute that was known last', async () => {
    const { device, visit, numbers } = sensor({ startedMinutesAgo: 5 })
    measure(device, [0])
    await visit()
    device.startSession()
    measure(device, [0, -5])
    await visit()
    expect(numbers()).toEqual([0, 5, 5])
  })

  test('loses only the record whose checksum is wrong, and gets it at the next visit', async () => {
    const { device, visit, readings } = sensor({ damagesEvery: 4, recordsPerPacket: 2 })
    measure(device, [20, 15, 10, 5, 0])
    const { events } = await visit()
    const reasons = events.flatMap((event) => (event.type === 'rejected' ? [event.reason] : []))
    expect(reasons[0]).toMatch(/^checksum-wrong/)
    expect(readings.size).toBeLessThan(5)
    await visit()
    await visit()
    expect(readings.size).toBe(5)
  })
})

describe('an oximeter with a memory', () => {
  test('hands out what it has kept, once, also when its clock was dead', async () => {
    const device = createStoringOximeter({ ...ID, clock: { state: 'dead' } }, around())
    const home = hub(pulseOximeterService, device)
    device.measure({ oxygenSaturation: 91, pulseRate: 70 })
    device.measure({ oxygenSaturation: 93, pulseRate: 71 })
    await home.visit()
    const again = await home.visit()
    expect(again.error).toBeUndefined()
    expect(again.records).toEqual([])
    expect(home.readings.size).toBe(2)
  })

  test('is known by its times where it has them', async () => {
    const device = createStoringOximeter({ ...ID, order: 'newest-first', sendsTwice: true }, around())
    const home = hub(pulseOximeterService, device)
    for (const ago of [3, 2, 1])
      device.measure({ oxygenSaturation: 90 + ago, pulseRate: 70 }, { at: time.now() - ago * HOUR })
    await home.visit()
    await home.visit()
    expect(device.requests).toEqual(['0101', '0101'])
    expect(home.readings.size).toBe(3)
    expect([...home.readings.values()].every((m) => m.status.includes('from-storage'))).toBe(true)
  })
})

describe('a body composition scale', () => {
  const scale = (options: Partial<BodyScaleOptions> = {}, hubOptions: Visit['options'] = {}) => {
    const device = createBodyScale({ ...ID, timeCharacteristic: '2A08', ...options }, around())
    return { device, ...hub(bodyCompositionService, device, hubOptions) }
  }
  const BODY = { bodyFat: 28.4, weight: 74.5, musclePercent: 35.1 } as const

  test('that sends each measurement in two packets gives one reading of both', async () => {
    const { device, visit, readings } = scale({ twoPackets: true, sendsTwice: true })
    device.measure(BODY, { slot: 2 })
    const { records } = await visit()
    expect(records.map((record) => record.length)).toEqual([2, 2])
    const [m] = readings.values()
    expect(readings.size).toBe(1)
    expect(m).toMatchObject({ kind: 'body-composition', slot: 2 })
    expect(m?.values).toMatchObject({
      bodyFat: { value: 28.4 },
      musclePercent: { value: 35.1 },
      weight: { value: 74.5 },
      impedance: { value: 512.3, unit: 'Ohm' },
    })
  })

  test('that wants a consent code gets it from the configuration, and else hands out nothing', async () => {
    const known = scale({ users: { 1: 1234 } }, { userIndex: 1, consentCode: 1234 })
    known.device.measure(BODY, { slot: 1 })
    await known.visit()
    expect(known.readings.size).toBe(1)
    const wrong = scale({ users: { 1: 1234 } }, { userIndex: 1, consentCode: 4321 })
    wrong.device.measure(BODY, { slot: 1 })
    const { events } = await wrong.visit()
    expect(wrong.readings.size).toBe(0)
    expect(events.flatMap((event) => (event.type === 'rejected' ? [event.reason] : []))).toEqual([
      'device-refused: Consent: User Not Authorized',
    ])
  })

  test('that knows no user gets one registered once, and the hub remembers which it is', async () => {
    const { device, visit, readings, memory } = scale({ users: {} }, { consentCode: 77 })
    device.measure(BODY)
    await visit()
    expect(memory).toEqual({ userIndex: 1, consentCode: 77 })
    device.measure({ ...BODY, weight: 75 })
    await visit()
    expect(device.userData?.users.size).toBe(1)
    expect(readings.size).toBe(2)
  })

  test('whose link breaks between the two packets still gives the first', async () => {
    const [first] = encodeBodyCompositionParts({ unit: 'kg', ...BODY })
    const hex = Buffer.from(first).toString('hex')
    const { link } = scriptedGatt({ notifications: { '181B 2A9C': [hex] } })
    const [record] = recordsOf(await eventsOf(bodyCompositionService.session(link, VISIT)))
    expect(record).toHaveLength(1)
    expect(record && bodyCompositionService.decode(record).measurements[0]?.values).toEqual({
      bodyFat: { value: 28.4, unit: '%', decimals: 1 },
      musclePercent: { value: 35.1, unit: '%', decimals: 1 },
    })
  })
})
