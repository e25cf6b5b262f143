import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AND_COMMAND, AND_SERVICE, andBloodPressure } from '../../../device-drivers/ble/and.ts'
import { AND_SCALE_SERVICE, AND_WEIGHT, andScale } from '../../../device-drivers/ble/and-scale.ts'
import { CONTOUR_CLOCK, CONTOUR_SERVICE, contourNext, contourTime } from '../../../device-drivers/ble/contour.ts'
import { omronBloodPressure } from '../../../device-drivers/ble/omron.ts'
import { omronDue } from '../../../device-drivers/ble/omron-advertisement.ts'
import { decodeOmronRecord, decodeWlpFrame } from '../../../device-drivers/ble/omron-eeprom.ts'
import { soehnleScale } from '../../../device-drivers/ble/soehnle.ts'
import { xiaomiCompositionScale, xiaomiScale } from '../../../device-drivers/broadcast/xiaomi.ts'
import type { Advertisement, LocalDateTime, SessionEvent, Visit } from '../../../device-drivers/driver.ts'
import { PreCareError } from '../../../device-drivers/errors.ts'
import { encodeCurrentTime } from '../../../simulators/encoders/date-time.ts'
import { encodeSoehnle } from '../../../simulators/encoders/soehnle.ts'
import { encodeOmronCounters, encodeXiaomiComposition } from '../../../simulators/encoders/vendor-advertisements.ts'
import { calendar, numberOf, only, optional, text } from '../arbitraries.ts'
import { advertisement } from '../families/family.ts'
import { bytesOf } from '../hex.ts'
import { eventsOf, type GattScript, recordsOf, scriptedGatt, VISIT } from '../scripted-link.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const BP = '00800050006000'
const SET_CLOCK = 'write 2A08 ea070301081e00'

describe('an A&D cuff', () => {
  const script: GattScript = {
    values: { '1810 2A08': 'ea070301081600' },
    writes: { '1810 2A08': true, [`${AND_SERVICE} ${AND_COMMAND}`]: true },
    notifications: { '1810 2A35': [BP] },
  }

  test('is told the time before anything is enabled', async () => {
    const { link, log } = scriptedGatt(script)
    const events = await eventsOf(andBloodPressure.session(link, VISIT))
    expect(log).toEqual(['read 2A08', SET_CLOCK, 'subscribe 2A35'])
    expect(events.map((event) => event.type)).toEqual(['clock', 'clock-set', 'record'])
  })

  test('is asked for everything it has when the configuration says so', async () => {
    const { link, log } = scriptedGatt(script)
    await eventsOf(andBloodPressure.session(link, { ...VISIT, options: { sendAll: true } }))
    expect(log).toEqual(['read 2A08', SET_CLOCK, `write ${AND_COMMAND} 0200e1`, 'subscribe 2A35'])
  })
})

describe('an A&D scale', () => {
  test('is read in its own service where it has one', async () => {
    const key = `${AND_SCALE_SERVICE} ${AND_WEIGHT}`
    const { link } = scriptedGatt({ notifications: { [key]: ['022e03ea070301081600'] } })
    const [record] = recordsOf(await eventsOf(andScale.session(link, VISIT)))
    if (record === undefined) return expect.unreachable('a record')
    expect(andScale.decode(record).measurements).toMatchObject([
      { values: { weight: { value: 81.4, decimals: 1 } }, deviceTime: '2026-03-01T08:22:00' },
    ])
  })

  test('is read in the Weight Scale Service where it has that', async () => {
    const { link } = scriptedGatt({ notifications: { '181D 2A9D': ['00983f'] }, values: { '181D 2A9E': '18000000' } })
    const [record] = recordsOf(await eventsOf(andScale.session(link, VISIT)))
    if (record === undefined) return expect.unreachable('a record')
    expect(andScale.decode(record).measurements).toMatchObject([{ values: { weight: { value: 81.4, decimals: 1 } } }])
  })
})

const omronSeen = (sequences: readonly number[], more: { pairing?: boolean; records?: number } = {}): Advertisement =>
  advertisement({
    name: 'BLESmart_0000021F005FBF88C25B',
    services: ['1810'],
    manufacturerData: encodeOmronCounters({
      users: sequences.map((sequence) => ({ sequence, records: more.records ?? 3 })),
      ...(more.pairing && { pairing: true }),
    }),
  })

describe('an Omron cuff', () => {
  test('is visited when a counter has moved, and not again before the next measurement', () => {
    const memory = { 'sequence-1': 12, 'sequence-2': 65535 }
    expect(omronDue(omronSeen([12, 65535]), {})).toBe(true)
    expect(omronDue(omronSeen([12, 65535]), memory)).toBe(false)
    expect(omronDue(omronSeen([13, 65535]), memory)).toBe(true)
    expect(omronDue(omronSeen([12, 0]), memory)).toBe(true)
    // After a battery change counters start again, lower.
    expect(omronDue(omronSeen([1, 65535]), memory)).toBe(true)
    expect(omronDue(omronSeen([12, 65535], { pairing: true }), memory)).toBe(true)
  })

  test('is visited when its advertisement tells nothing about counters', () => {
    expect(omronDue(advertisement({ name: 'BLESmart_', services: ['1810'] }), {})).toBe(true)
    const cut = advertisement({ manufacturerData: omronSeen([12]).manufacturerData?.slice(0, 5) ?? new Uint8Array() })
    expect(omronDue(cut, { 'sequence-1': 12 })).toBe(true)
  })

  const clock = hex(encodeCurrentTime({ year: 2026, month: 3, day: 1, hour: 8, minute: 22, second: 0, weekday: 7 }))
  const visitOf = (seen: Advertisement, memory: Visit['memory']): Visit => ({ ...VISIT, memory, advertisement: seen })
  const sessionOf = async (script: GattScript, seen: Advertisement, memory: Visit['memory'] = {}) => {
    const { link, log } = scriptedGatt({ writes: { '1805 2A2B': true }, ...script })
    const events = await eventsOf(omronBloodPressure.session(link, visitOf(seen, memory)))
    return { log, events, last: events.at(-1) as SessionEvent }
  }

  test('has its clock set when it has said its own, and before measurements are enabled', async () => {
    const { log, events } = await sessionOf(
      { notifications: { '1805 2A2B': [clock], '1810 2A35': [BP] } },
      omronSeen([13]),
      { 'sequence-1': 12 },
    )
    expect(log.slice(0, 3)).toEqual(['subscribe 2A2B', 'write 2A2B ea070301081e00070002', 'subscribe 2A35'])
    expect(events).toMatchObject([
      { type: 'clock', deviceNow: '2026-03-01T08:22:00' },
      { type: 'clock-set' },
      { type: 'record' },
      { type: 'remember', remember: { 'sequence-1': 13 } },
    ])
  })

  test('has its counters remembered when all that was promised has come, though it has hung up', async () => {
    const gone = { '1805 2A2B': new PreCareError('link-lost', 'gone') }
    const script = { values: gone, notifications: { '1805 2A2B': [clock], '1810 2A35': [BP, BP] } }
    const whole = await sessionOf(script, omronSeen([14]), { 'sequence-1': 12 })
    expect(whole.last).toMatchObject({ type: 'remember', remember: { 'sequence-1': 14 } })
    const broken = await sessionOf(script, omronSeen([15]), { 'sequence-1': 12 })
    expect(broken.last).toMatchObject({ type: 'record' })
  })

  test('has them remembered too when it sends less than promised and is still there', async () => {
    const script = { values: { '1805 2A2B': clock }, notifications: { '1805 2A2B': [clock], '1810 2A35': [BP] } }
    const { last } = await sessionOf(script, omronSeen([40]), {})
    expect(last).toMatchObject({ type: 'remember', remember: { 'sequence-1': 40 } })
  })
})

describe('a Soehnle scale', () => {
  const read = (packet: string) => soehnleScale.decode([{ source: '2A9C', bytes: bytesOf(packet) }])

  test('is read in its own steps: 74.4 kg and not 3.72', () => {
    expect(read('1E055C00EA07020F062F2201310BF501BF02E802').measurements).toEqual([
      {
        kind: 'body-composition',
        values: {
          bodyFat: { value: 9.2, unit: '%', decimals: 1 },
          musclePercent: { value: 50.1, unit: '%', decimals: 1 },
          bodyWaterPercent: { value: 70.3, unit: '%', decimals: 1 },
          weight: { value: 74.4, unit: 'kg', decimals: 1 },
        },
        status: [],
        deviceTime: '2026-02-15T06:47:34',
        slot: 1,
      },
    ])
  })

  test('has measured nothing where it sends zeros, and then a weight alone is plausible', () => {
    expect(read('1E050000EA07020F062E2201000000000000E802').measurements).toMatchObject([
      {
        values: { bodyFat: { absent: 'not-measured' }, bodyWaterPercent: { absent: 'not-measured' } },
        status: [],
      },
    ])
  })

  test('gives back what its encoder was told', () => {
    const percent = fc.integer({ min: 50, max: 690 }).map((n) => n / 10)
    const fields = fc.record({
      time: calendar,
      user: fc.nat(254),
      weight: fc.integer({ min: 300, max: 2990 }).map((n) => n / 10),
      composition: optional(fc.record({ fat: percent, muscle: percent, water: percent })),
    })
    fc.assert(
      fc.property(fields, ({ composition, ...f }) => {
        const bytes = encodeSoehnle({ ...f, ...(composition && { composition }) })
        const m = only(soehnleScale.decode([{ source: '2A9C', bytes }]))
        expect(numberOf(m, 'weight')).toBe(f.weight)
        expect(numberOf(m, 'bodyFat')).toBe(composition?.fat ?? 'not-measured')
        expect(numberOf(m, 'bodyWaterPercent')).toBe(composition?.water ?? 'not-measured')
        expect([m.slot, m.deviceTime]).toEqual([f.user, text(f.time)])
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('a Contour meter', () => {
  const at = (utcOffsetMinutes?: number): LocalDateTime => ({
    year: 2026,
    month: 3,
    day: 1,
    hour: 0,
    minute: 30,
    second: 5,
    weekday: 7,
    ...(utcOffsetMinutes !== undefined && { utcOffsetMinutes }),
  })

  test('is told UTC and the offset of local time', () => {
    expect(hex(contourTime(at(60)) ?? new Uint8Array())).toBe('01ea07021c171e053c00')
    expect(hex(contourTime(at(-210)) ?? new Uint8Array())).toBe('01ea070301040005' + '2eff')
    expect(contourTime(at())).toBeUndefined()
  })

  test('has its clock set after it listens, and is asked for records then', async () => {
    const key = `${CONTOUR_SERVICE} ${CONTOUR_CLOCK}`
    const { link, log } = scriptedGatt({
      writes: { [key]: true, '1808 2A52': new PreCareError('link-lost', 'gone') },
      notifications: { [key]: ['01'], '1808 2A18': [], '1808 2A52': [] },
    })
    await expect(eventsOf(contourNext.session(link, { ...VISIT, localTime: () => at(60) }))).rejects.toThrow('gone')
    expect(log.slice(0, 3)).toEqual([
      `subscribe ${CONTOUR_CLOCK}`,
      `write ${CONTOUR_CLOCK} 01ea07021c171e053c00`,
      'subscribe 2A18',
    ])
  })
})

describe('bytes of older Omron devices', () => {
  const RECORD = `${'00003ad05f024e183b6d223389cc00000000000000000000'.padEnd(52, '0')}5a80${'0'.repeat(40)}`

  test('give weight and composition, in the units of readings', () => {
    const { measurements } = decodeOmronRecord(bytesOf(RECORD))
    expect(measurements).toMatchObject([
      {
        kind: 'body-composition',
        deviceTime: '2024-03-17T07:45:12',
        values: {
          weight: { value: 72.4, unit: 'kg' },
          bodyFat: { value: 23.5 },
          bmi: { value: 23.7 },
          basalMetabolism: { value: 6360, unit: 'kJ' },
        },
      },
    ])
  })

  test('that were not measured are absent, and an erased place in memory is no record', () => {
    const sparse = bytesOf(RECORD)
    sparse.fill(0, 2, 6)
    expect(decodeOmronRecord(sparse).measurements).toMatchObject([
      { values: { bodyFat: { absent: 'not-measured' }, basalMetabolism: { absent: 'not-measured' } } },
    ])
    for (const byte of [0x00, 0xff]) {
      expect(() => decodeOmronRecord(new Uint8Array(48).fill(byte))).toThrow(/empty/)
    }
    expect(() => decodeOmronRecord(bytesOf(RECORD).slice(0, 40))).toThrow(
      expect.objectContaining({ code: 'packet-too-short' }),
    )
  })

  test('in a frame that does not add up are refused', () => {
    expect(() => decodeWlpFrame(bytesOf('08010002c02001eb'))).toThrow(
      expect.objectContaining({ code: 'checksum-wrong' }),
    )
    expect(() => decodeWlpFrame(bytesOf('0301000000000002'))).toThrow(
      expect.objectContaining({ code: 'packet-malformed' }),
    )
  })
})

describe('a Xiaomi scale', () => {
  const seen = (service: string, data: Uint8Array | string): Advertisement =>
    advertisement({ services: [service], serviceData: { [service]: typeof data === 'string' ? bytesOf(data) : data } })

  test('says one measurement with changing flags: one record', () => {
    const [first, again] = ['223E30E607020E10293A', 'A23E30E607020E10293A'].map((data) =>
      xiaomiScale.record(seen('181D', data)),
    )
    expect(first?.[0]).toEqual(again?.[0])
    expect(again?.[1]?.bytes).toEqual(bytesOf('A23E30E607020E10293A'))
    if (first === undefined) return expect.unreachable('a record')
    expect(xiaomiScale.decode(first).measurements).toMatchObject([{ values: { weight: { value: 61.75 } } }])
  })

  test('that measures impedance too says one measurement, before and after', () => {
    const time = { year: 2026, month: 11, day: 20, hour: 7, minute: 30, second: 1 }
    const settled = { unit: 'kg', weight: 72.45, time, stabilised: true } as const
    const states = [settled, { ...settled, impedance: 503 }, { ...settled, impedance: 503, removed: true }]
    const records = states.map((state) => xiaomiCompositionScale.record(seen('181B', encodeXiaomiComposition(state))))
    expect(new Set(records.map((record) => hex(record?.[0].bytes ?? new Uint8Array()))).size).toBe(1)
  })

  test('says nothing while the weight moves, of a suitcase, or in a layout that is not its own', () => {
    for (const data of ['023E30E607020E10293A', 'E27607E607020E10293A', '223E30E607020E1029']) {
      expect(xiaomiScale.record(seen('181D', data)), data).toBeUndefined()
    }
    expect(xiaomiScale.match(seen('181D', '0000'))).toBe(false)
  })
})
