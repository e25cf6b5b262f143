import { describe, expect, test } from 'vitest'
import type { SerialDriver, SessionEvent, Visit } from '../../../device-drivers/driver.ts'
import { noninSpotCheck } from '../../../device-drivers/serial/nonin.ts'
import { oneTouchUltra2 } from '../../../device-drivers/serial/onetouch-ultra2.ts'
import { oneTouchUltraMini } from '../../../device-drivers/serial/onetouch-ultramini.ts'
import { vitalographLungMonitor } from '../../../device-drivers/serial/vitalograph.ts'
import type { SerialDevice } from '../../../simulators/devices/device.ts'
import { createLungMonitor } from '../../../simulators/devices/lung-monitor.ts'
import type { MeterOptions } from '../../../simulators/devices/meter-memory.ts'
import { createNoninOximeter } from '../../../simulators/devices/nonin-oximeter.ts'
import { createUltra2 } from '../../../simulators/devices/onetouch-ultra2.ts'
import { createUltraMini } from '../../../simulators/devices/onetouch-ultramini.ts'
import { encodeLungMonitor } from '../../../simulators/encoders/vitalograph.ts'
import { aTestsSurroundings } from '../../simulators/devices/place.ts'
import { eventsOf, recordsOf, scriptedSerial, VISIT } from '../scripted-link.ts'
import { deviceLine, eventsUntil } from './device-line.ts'

/** Devices with a memory on a serial line: what is asked, what is answered, and what is remembered. */

const blow = (minute: number): Uint8Array =>
  encodeLungMonitor({
    deviceId: '129406',
    fev1: 1.42,
    fev6: 2.31,
    time: { year: 2026, month: 3, day: 1, hour: 8, minute, second: 0 },
    good: true,
  })
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))
const damaged = (frame: Uint8Array): Uint8Array => frame.map((byte, i) => (i === 16 ? byte ^ 1 : byte))
const bytesOf = (events: readonly SessionEvent[]): Uint8Array[] => recordsOf(events).map(([packet]) => packet.bytes)

describe('a visit to a lung monitor', () => {
  const visit = async (...chunks: readonly Uint8Array[]) => {
    const { link, log } = scriptedSerial(chunks)
    return { events: await eventsOf(vitalographLungMonitor.session(link, VISIT)), log, link }
  }

  test('answers nothing to a good frame; only commit says ACK', async () => {
    const { events, log, link } = await visit(blow(1), blow(2))
    expect(bytesOf(events)).toEqual([blow(1), blow(2)])
    expect(events[0]).toEqual({ type: 'identity', manufacturer: 'Vitalograph', serial: '0000129406', firmware: '923' })
    expect(log).toEqual([])
    const [record] = recordsOf(events)
    if (record === undefined) throw new Error('no record')
    await vitalographLungMonitor.commit?.(link, record)
    expect(log).toEqual(['06'])
  })

  test('finds the same blows wherever the stream is cut, with damaged ones between them, and says NAK to each', async () => {
    const stream = joined(blow(1), damaged(blow(2)), blow(3))
    for (let at = 1; at < stream.length; at++) {
      const { events, log } = await visit(stream.slice(0, at), stream.slice(at))
      expect(bytesOf(events), `cut at ${at}`).toEqual([blow(1), blow(3)])
      expect(log.every((written) => written === '15')).toBe(true)
      expect(log.length).toBeGreaterThan(0)
    }
  })

  test('says NAK to a frame that never ends', async () => {
    const { events, log } = await visit(blow(1).slice(0, 30))
    expect(events.map((event) => event.type)).toEqual(['rejected'])
    expect(log).toEqual(['15'])
  })

  test('passes over a repeat that crossed the ACK', async () => {
    expect(bytesOf((await visit(blow(1), blow(1), blow(2))).events)).toEqual([blow(1), blow(2)])
    expect(bytesOf((await visit(blow(1), blow(1), blow(1))).events)).toHaveLength(2)
  })

  test('gets a garbled blow again, and none is lost', async () => {
    const { time, around } = aTestsSurroundings()
    const monitor = createLungMonitor({ id: 'spirometer-0001', garblesFrames: 2 }, around)
    for (const fev1 of [1.4, 1.5]) monitor.measure({ fev1, fev6: 2.5 })
    const { link, log } = deviceLine(monitor, time)
    const events: SessionEvent[] = []
    for await (const event of vitalographLungMonitor.session(link, VISIT)) {
      events.push(event)
      if (event.type === 'record') await vitalographLungMonitor.commit?.(link, event.record)
    }
    expect(bytesOf(events).map((b) => Buffer.from(b).toString('hex').toUpperCase())).toEqual(
      monitor.emitted.map((e) => e.hex),
    )
    expect(monitor.stored).toBe(0)
    expect(log.filter((written) => written === '15')).toHaveLength(2)
  })
})

const NOON = {
  ...VISIT,
  localTime: () => ({ year: 2026, month: 1, day: 15, hour: 12, minute: 0, second: 0, weekday: 4 }),
}

type Meter = [name: string, driver: SerialDriver, create: typeof createUltra2 | typeof createUltraMini]
const METERS: readonly Meter[] = [
  ['Ultra2', oneTouchUltra2, createUltra2],
  ['UltraMini', oneTouchUltraMini, createUltraMini],
]

describe.each(METERS)('a visit to an %s', (_, driver, create) => {
  function setUp(options: Partial<MeterOptions> = {}) {
    const { time, around } = aTestsSurroundings()
    const meter: SerialDevice = create({ id: 'meter-0001', ...options }, around)
    const visit = async (lent: Visit = NOON, done: (event: SessionEvent) => boolean = isRemember) => {
      const { link, log } = deviceLine(meter, time)
      return { events: await eventsUntil(driver.session(link, lent), done), log }
    }
    return { meter, visit, time }
  }
  const isRemember = (event: SessionEvent): boolean => event.type === 'remember'
  const memoryOf = (events: readonly SessionEvent[]) =>
    Object.assign({}, ...events.map((event) => (event.type === 'remember' ? event.remember : {})))

  test('yields identity and clock, then every record, then what to remember', async () => {
    const { meter, visit } = setUp()
    for (const glucose of [90, 100, 601]) meter.measure({ glucose })
    const { events } = await visit()
    const types = events.map((event) => event.type).filter((type) => type !== 'identity')
    expect(types).toEqual(['clock', 'record', 'record', 'record', 'remember'])
    expect(events.some((event) => event.type === 'identity' && event.serial !== undefined)).toBe(true)
    const hexes = bytesOf(events).map((b) => Buffer.from(b).toString('hex').toUpperCase())
    expect(hexes.toSorted()).toEqual(meter.emitted.map((e) => e.hex).toSorted())
  })

  test('yields nothing the second time, and everything when one record more is there', async () => {
    const { meter, visit } = setUp()
    for (const glucose of [90, 100]) meter.measure({ glucose })
    const memory = memoryOf((await visit()).events)
    const again = await visit({ ...NOON, memory })
    expect(recordsOf(again.events)).toEqual([])
    meter.measure({ glucose: 110 })
    expect(recordsOf((await visit({ ...NOON, memory })).events)).toHaveLength(3)
  })

  test('sets a clock that is wrong, after the records, and leaves one alone that is right', async () => {
    const slow = setUp({ clock: { offsetMs: -3600_000 } })
    slow.meter.measure({ glucose: 90 })
    const { events } = await slow.visit(NOON, (event) => event.type === 'clock-set')
    expect(events.map((event) => event.type).slice(-3)).toEqual(['record', 'remember', 'clock-set'])
    expect(events.find((event) => event.type === 'clock')).toMatchObject({
      deviceNow: expect.stringMatching(/T11:00:0/),
    })
    const { events: after } = await slow.visit()
    expect(after.find((event) => event.type === 'clock')).toMatchObject({ deviceNow: expect.stringMatching(/T12:0/) })

    const right = setUp()
    right.meter.measure({ glucose: 90 })
    const { log } = await right.visit(NOON, (event) => event.type === 'clock-set')
    const plain = log.map((hex) => Buffer.from(hex, 'hex').toString('latin1'))
    expect(plain.some((command) => command.includes('DMT') || command.includes('\x05\x20\x01'))).toBe(false)
  })

  test('sets no clock when the hub does not know the time', async () => {
    const { meter, visit } = setUp({ clock: { state: 'never-set' } })
    meter.measure({ glucose: 90 })
    const { events } = await visit({ ...NOON, localTime: () => undefined }, isRemember)
    expect(events.map((event) => event.type)).not.toContain('clock-set')
    expect(driver.decode(recordsOf(events)[0] ?? [{ source: '', bytes: new Uint8Array() }]).measurements).toHaveLength(
      1,
    )
  })

  test('ends quietly on a cable without a meter', async () => {
    const { time } = aTestsSurroundings()
    const nobody: SerialDevice = {
      ...setUp().meter,
      connect: () => ({ receive: () => undefined, close: () => undefined }),
    }
    expect(await eventsUntil(driver.session(deviceLine(nobody, time).link, NOON))).toEqual([])
  })
})

describe('a visit to an Ultra2', () => {
  test('marks control solution, and takes mg/dL whatever the display shows', async () => {
    const { time, around } = aTestsSurroundings()
    const meter = createUltra2({ id: 'meter-0001', controlSolution: true, displayUnit: 'mmol/L' }, around)
    meter.measure({ glucose: 90 })
    const events = await eventsUntil(
      oneTouchUltra2.session(deviceLine(meter, time).link, NOON),
      (e) => e.type === 'record',
    )
    const [record] = recordsOf(events)
    if (record === undefined) throw new Error('no record')
    expect(oneTouchUltra2.decode(record).measurements).toMatchObject([
      { values: { glucose: { value: 5, unit: 'mmol/L', decimals: 1 } }, status: ['control-solution'] },
    ])
  })

  test('asks for the memory again when a line was damaged, and does not call it complete otherwise', async () => {
    const { time, around } = aTestsSurroundings()
    const meter = createUltra2({ id: 'meter-0001' }, around)
    for (const glucose of [90, 100]) meter.measure({ glucose })
    let dumps = 0
    const spoiling = (times: number): SerialDevice => ({
      ...meter,
      connect: (send) =>
        meter.connect((bytes) => {
          const isDump = bytes[0] === 0x50
          if (isDump) dumps += 1
          send(isDump && dumps <= times ? bytes.map((byte, i) => (i === 60 ? byte ^ 1 : byte)) : bytes)
        }),
    })
    const once = deviceLine(spoiling(1), time)
    const events = await eventsUntil(oneTouchUltra2.session(once.link, NOON), (e) => e.type === 'remember')
    expect(events.map((e) => e.type).filter((type) => type !== 'identity')).toEqual([
      'clock',
      'rejected',
      'record',
      'record',
      'remember',
    ])
    dumps = 0
    const always = deviceLine(spoiling(99), time)
    const incomplete = await eventsUntil(oneTouchUltra2.session(always.link, NOON))
    expect(recordsOf(incomplete)).toHaveLength(1)
    expect(incomplete.map((e) => e.type)).not.toContain('remember')
  })
})

describe('a visit to an UltraMini', () => {
  /** Frames of the specification's own exchange; an acknowledgement carries no message. */
  test('speaks the frames of the specification', async () => {
    const { link, log } = scriptedSerial([Buffer.from('02060C0306AE', 'hex')])
    await eventsUntil(oneTouchUltraMini.session(link, NOON)).catch(() => undefined)
    expect(log.slice(0, 2).map((hex) => hex.toUpperCase())).toEqual([
      '02060803C262',
      '021200050B0200000000846AE87300039BEA',
    ])
  })

  test('takes an answer that comes again for what it is, and asks again where none came', async () => {
    const { time, around } = aTestsSurroundings()
    const meter = createUltraMini({ id: 'meter-0001' }, around)
    for (const glucose of [90, 100, 110]) meter.measure({ glucose })
    let sent = 0
    const bad: SerialDevice = {
      ...meter,
      connect: (send) =>
        meter.connect((bytes) => {
          sent += 1
          // Every seventh frame is lost, every fifth comes twice, every eleventh is damaged.
          const arriving = sent % 11 === 0 ? bytes.map((byte, i) => (i === 8 ? byte ^ 1 : byte)) : bytes
          if (sent % 7 !== 0) send(arriving)
          if (sent % 5 === 0) send(bytes)
        }),
    }
    const { link } = deviceLine(bad, time)
    const events = await eventsUntil(oneTouchUltraMini.session(link, NOON), (e) => e.type === 'remember')
    const hexes = bytesOf(events).map((b) => Buffer.from(b).toString('hex').toUpperCase())
    expect(hexes).toEqual(meter.emitted.map((e) => e.hex).toReversed())
  })
})

describe('a visit to an oximeter with a clock', () => {
  const visit = async (options: { offsetMs?: number; state?: 'never-set' }, lent: Visit) => {
    const { time, around } = aTestsSurroundings()
    const oximeter = createNoninOximeter({ id: 'oximeter-0001', format: 13, clock: options }, around)
    oximeter.measure({ oxygenSaturation: 93, pulseRate: 60 })
    const { link, log } = deviceLine(oximeter, time)
    const events: SessionEvent[] = []
    for await (const event of noninSpotCheck.session(link, lent)) {
      events.push(event)
      if (event.type === 'record') await noninSpotCheck.commit?.(link, event.record)
    }
    return { types: events.map((event) => event.type), log }
  }

  test('reads it before any record, and sets it where it is wrong', async () => {
    const slow = await visit({ offsetMs: -16 * 60_000 }, NOON)
    expect(slow.types).toEqual(['clock', 'clock-set', 'record', 'identity'])
    expect(slow.log[1]).toBe('0272061a010f0c000003')
    expect((await visit({}, NOON)).types).toEqual(['clock', 'record', 'identity'])
    expect((await visit({ state: 'never-set' }, { ...NOON, localTime: () => undefined })).types).not.toContain(
      'clock-set',
    )
  })

  test('collects from one that knows no clock command', async () => {
    const { link } = scriptedSerial([Uint8Array.of(0x15)])
    expect(await eventsOf(noninSpotCheck.session(link, NOON))).toEqual([])
  })
})
