import { describe, expect, test } from 'vitest'
import type { SerialDriver, SessionEvent, Visit } from '../../../device-drivers/driver.ts'
import { contecNew, contecOld } from '../../../device-drivers/serial/contec.ts'
import { masimoAscii } from '../../../device-drivers/serial/masimo.ts'
import { decodeMasimo } from '../../../device-drivers/serial/masimo-decode.ts'
import { noninStream } from '../../../device-drivers/serial/nonin-stream.ts'
import type { SerialDevice } from '../../../simulators/devices/device.ts'
import { createNoninOximeter } from '../../../simulators/devices/nonin-oximeter.ts'
import { createSerialContec, createSerialMasimo } from '../../../simulators/devices/serial-oximeters.ts'
import { encodeContecNew, encodeContecOld } from '../../../simulators/encoders/contec.ts'
import { encodeMasimo } from '../../../simulators/encoders/masimo.ts'
import { encodeFormat1, encodeFormat2, encodeFormat7 } from '../../../simulators/encoders/nonin-stream.ts'
import { aTestsSurroundings } from '../../simulators/devices/place.ts'
import { eventsOf, recordsOf, scriptedSerial, VISIT } from '../scripted-link.ts'
import { deviceLine, eventsUntil } from './device-line.ts'

/** Live streams on serial lines: one reading for each finger. */

const FINGER = { oxygenSaturation: 93, pulseRate: 141, smartPoint: false }
const AWAY = { oxygenSaturation: undefined, pulseRate: undefined, smartPoint: false, sensorOff: true }

const masimoLine = (s: { oxygenSaturation: number | undefined; pulseRate: number | undefined }, second: number) =>
  Uint8Array.of(
    ...encodeMasimo({
      time: { year: 2026, month: 3, day: 1, hour: 8, minute: 0, second },
      serial: '56661',
      perfusionIndex: 3.6,
      exceptions: s.oxygenSaturation === undefined ? 0x820 : 0x800,
      ...s,
    }),
    0x0d,
    0x0a,
  )

interface Stream {
  readonly driver: SerialDriver
  readonly perSecond: number
  readonly options?: Visit['options']
  packet(finger: boolean, n: number): Uint8Array
}

const nonin = (format: number, perSecond: number, encode: typeof encodeFormat1): Stream => ({
  driver: noninStream,
  perSecond,
  options: { format },
  packet: (finger) => encode(finger ? FINGER : AWAY),
})

const STREAMS: Readonly<Record<string, Stream>> = {
  'Nonin data format 1': nonin(1, 1, encodeFormat1),
  'Nonin data format 2': nonin(2, 3, encodeFormat2),
  'Nonin data format 7': nonin(7, 3, encodeFormat7),
  'Contec, old protocol': {
    driver: contecOld,
    perSecond: 60,
    packet: (finger, n) => encodeContecOld({ ...(finger ? FINGER : { ...AWAY, fingerOut: true }), wave: n % 128 }),
  },
  'Contec, new protocol': {
    driver: contecNew,
    perSecond: 60,
    packet: (finger, n) => encodeContecNew({ ...(finger ? FINGER : AWAY), wave: n % 128 }),
  },
  Masimo: { driver: masimoAscii, perSecond: 1, packet: (finger, n) => masimoLine(finger ? FINGER : AWAY, n % 60) },
}

describe.each(Object.entries(STREAMS))('%s', (_, { driver, perSecond, options = {}, packet }) => {
  const seconds = (finger: boolean, count: number): Uint8Array[] =>
    Array.from({ length: count * perSecond }, (_, n) => packet(finger, n))
  const stream = (...parts: readonly (readonly Uint8Array[])[]): Uint8Array =>
    Uint8Array.from(parts.flat().flatMap((bytes) => [...bytes]))

  const hear = async (chunks: readonly Uint8Array[]) => {
    const { link } = scriptedSerial(chunks)
    const events = await eventsOf(driver.session(link, { ...VISIT, options })).catch((error: unknown) => {
      throw error
    })
    return { events, measurements: recordsOf(events).flatMap((record) => driver.decode(record).measurements) }
  }
  const VALUES = { oxygenSaturation: { value: 93, unit: '%' }, pulseRate: { value: 141, unit: '/min' } }

  test('is one reading for each finger, however long it stays in', async () => {
    const { measurements } = await hear([
      stream(seconds(false, 3), seconds(true, 40), seconds(false, 4), seconds(true, 12)),
    ])
    expect(measurements).toMatchObject([
      { values: VALUES, status: [] },
      { values: VALUES, status: [] },
    ])
  })

  test('is no reading without a finger, and a questionable one of a finger that leaves early', async () => {
    expect((await hear([stream(seconds(false, 30))])).measurements).toEqual([])
    expect((await hear([stream(seconds(true, 6), seconds(false, 4))])).measurements).toMatchObject([
      { status: ['questionable'] },
    ])
  })

  test('gives the same when it is split at every byte', async () => {
    const whole = stream(seconds(true, 12))
    const { events } = await hear([...whole].map((byte) => Uint8Array.of(byte)))
    expect(recordsOf(events)).toHaveLength(1)
    expect(events.filter((event) => event.type === 'rejected')).toEqual([])
  })

  test('finds its feet after garbage and after a beginning in the middle', async () => {
    const one = packet(true, 0)
    const garbage = Uint8Array.of(...one.slice(2), 0xff, 0x00, 0x02, 0x81)
    const { events } = await hear([garbage, stream(seconds(true, 6)), one.slice(0, -3), stream(seconds(true, 6))])
    expect(recordsOf(events)).toHaveLength(1)
    expect(recordsOf(events).flatMap((record) => driver.decode(record).measurements)).toMatchObject([
      { values: VALUES },
    ])
    expect(events.some((event) => event.type === 'rejected')).toBe(true)
  })
})

describe('a stream without checksums', () => {
  test('is not changed by a few damaged packets in each second', async () => {
    const good = encodeContecOld(FINGER)
    const odd = [encodeContecOld({ ...FINGER, oxygenSaturation: 61 }), encodeContecOld({ ...FINGER, pulseRate: 13 })]
    const second = Array.from({ length: 60 }, (_, n) => (n % 7 === 3 ? (odd[n % 2] ?? good) : good))
    const chunk = Uint8Array.from(
      Array.from({ length: 12 }, () => second)
        .flat()
        .flatMap((bytes) => [...bytes]),
    )
    const { link } = scriptedSerial([chunk])
    const records = recordsOf(await eventsOf(contecOld.session(link, VISIT)))
    expect(records.flatMap((record) => contecOld.decode(record).measurements)).toMatchObject([
      { values: { oxygenSaturation: { value: 93 }, pulseRate: { value: 141 } }, status: [] },
    ])
  })
})

const visitOf = async (
  driver: SerialDriver,
  device: (around: ReturnType<typeof aTestsSurroundings>['around']) => SerialDevice,
  options: Visit['options'] = {},
) => {
  const { time, around } = aTestsSurroundings()
  const simulated = device(around)
  const { link, log } = deviceLine(simulated, time)
  const events: SessionEvent[] = []
  simulated.measure({ oxygenSaturation: 91, pulseRate: 150 })
  events.push(...(await eventsUntil(driver.session(link, { ...VISIT, options }), (event) => event.type === 'record')))
  return {
    events,
    log,
    time,
    measurement: recordsOf(events).flatMap((record) => driver.decode(record).measurements)[0],
  }
}

describe('packets of 25 frames', () => {
  test.each([
    [2, encodeFormat2],
    [7, encodeFormat7],
  ] as const)('of format %d begin where the frames say so', async (format, encode) => {
    const packets = Array.from({ length: 36 }, () => [...encode(FINGER)]).flat()
    // Heard from the second frame on.
    const { link } = scriptedSerial([Uint8Array.from(packets.slice(5))])
    const records = recordsOf(await eventsOf(noninStream.session(link, { ...VISIT, options: { format } })))
    expect(records.map(([{ bytes }]) => bytes)).toEqual([encode(FINGER)])
  })
})

describe('visits', () => {
  test('a Contec with the new protocol is started, and kept alive while it streams', async () => {
    const { log, measurement } = await visitOf(contecNew, (around) =>
      createSerialContec({ id: 'oximeter-0001', protocol: 'new', wornMs: 60_000, settlesMs: 20_000 }, around),
    )
    expect(measurement).toMatchObject({ values: { oxygenSaturation: { value: 91 }, pulseRate: { value: 150 } } })
    expect(log[0]).toBe('7d81a1808080808080')
    // 20 s until it settles and 10 s until it is stable: it had stopped after 10 s of silence.
    expect(log.filter((written) => written === '7d81af808080808080').length).toBeGreaterThanOrEqual(6)
  })

  test('a Contec that is switched off ends the visit', async () => {
    const { time, around } = aTestsSurroundings()
    const silent: SerialDevice = {
      ...createSerialContec({ id: 'oximeter-0001', protocol: 'new' }, around),
      connect: () => ({ receive: () => undefined, close: () => undefined }),
    }
    expect(await eventsUntil(contecNew.session(deviceLine(silent, time).link, VISIT))).toEqual([])
  })

  test.each([1, 2, 7, 8] as const)('a Nonin oximeter is told to stream in format %d', async (format) => {
    const { log, measurement } = await visitOf(
      noninStream,
      (around) => createNoninOximeter({ id: 'oximeter-0001', format: 13 === Number(format) ? 13 : format }, around),
      { format },
    )
    expect(measurement).toMatchObject({
      values: { oxygenSaturation: { value: 91 }, pulseRate: { value: 150 } },
      status: [],
    })
    expect(log[1]?.startsWith(`02700402${String(format).padStart(2, '0')}`)).toBe(true)
  })

  test('a format that there is not is an error of the configuration', async () => {
    const { link } = scriptedSerial([])
    const session = eventsOf(noninStream.session(link, { ...VISIT, options: { format: 3 } }))
    await expect(session).rejects.toMatchObject({ code: 'config-invalid' })
  })

  test('a Masimo monitor says who it is and what time it has', async () => {
    const { events, measurement } = await visitOf(masimoAscii, (around) =>
      createSerialMasimo({ id: 'oximeter-0001', clock: { offsetMs: -600_000 } }, around),
    )
    expect(events.map((event) => event.type)).toEqual(['identity', 'clock', 'record'])
    expect(events[1]).toMatchObject({ deviceNow: measurement?.deviceTime })
    expect(measurement?.deviceTime).toMatch(/T11:50:/)
  })
})

describe('a line of Masimo', () => {
  const line = (more: Partial<Parameters<typeof encodeMasimo>[0]> = {}): string =>
    new TextDecoder().decode(
      encodeMasimo({
        time: { year: 2026, month: 3, day: 1, hour: 8, minute: 0, second: 0 },
        serial: '56661',
        oxygenSaturation: 97,
        pulseRate: 71,
        perfusionIndex: 3.6,
        exceptions: 0x800,
        ...more,
      }),
    )
  const read = (text: string) => decodeMasimo(new TextEncoder().encode(text))

  test('with dashes or zeros has no value', () => {
    for (const none of [undefined, 0]) {
      expect(read(line({ oxygenSaturation: none })).measurements[0]?.values['oxygenSaturation']).toEqual({
        absent: 'not-measured',
        unit: '%',
      })
    }
  })

  test('that deviates from the format is refused whole, and what is added behind is counted', () => {
    const whole = line()
    const malformed = expect.objectContaining({ code: 'packet-malformed' })
    expect(() => read(whole.replace('SPO2=097%', 'SPO2=97%'))).toThrow(malformed)
    expect(() => read(whole.replace('BPM=071', 'BPM=07x'))).toThrow(malformed)
    expect(() => read(`x${whole}`)).toThrow(malformed)
    for (let length = 0; length < whole.length; length++) {
      expect(() => read(whole.slice(0, length)), `length ${length}`).toThrow(
        expect.objectContaining({ name: 'PreCareError' }),
      )
    }
    expect(read(`${whole} NEW=1`)).toMatchObject({ surplusBytes: 6 })
  })

  test('with the bits of the manual is away, unsettled or usable', async () => {
    const second = (exceptions: number) => Uint8Array.of(...new TextEncoder().encode(line({ exceptions })), 0x0a)
    const readingsOf = async (exceptions: number): Promise<number> => {
      const { link } = scriptedSerial(Array.from({ length: 20 }, () => second(exceptions)))
      return recordsOf(await eventsOf(masimoAscii.session(link, VISIT))).length
    }
    // No sensor, sensor off, pulse search, interference, defective sensor.
    for (const exceptions of [0x801, 0x820, 0x808, 0x810, 0x802]) expect(await readingsOf(exceptions)).toBe(0)
    // Low perfusion, low signal quality, bits of the upper half.
    for (const exceptions of [0x804, 0xc00, 0x5800]) expect(await readingsOf(exceptions)).toBe(1)
  })
})
