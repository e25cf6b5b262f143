import { describe, expect, it, onTestFinished } from 'vitest'
import type { RawReading } from '../../../device-drivers/reading.ts'
import { createHubClock } from '../../../gateway/hub-clock.ts'
import { createSerialTransport } from '../../../gateway/transport/serial.ts'
import type { EmittedReading, SerialDevice, Surroundings } from '../../../simulators/devices/device.ts'
import { createLungMonitor } from '../../../simulators/devices/lung-monitor.ts'
import { createNoninOximeter } from '../../../simulators/devices/nonin-oximeter.ts'
import { createSerialDevice } from '../../../simulators/devices/of-scenario.ts'
import { createUltra2 } from '../../../simulators/devices/onetouch-ultra2.ts'
import { createUltraMini } from '../../../simulators/devices/onetouch-ultramini.ts'
import { createSerialContec, createSerialMasimo } from '../../../simulators/devices/serial-oximeters.ts'
import { DEVICE_KINDS, readScenario } from '../../../simulators/scenario.ts'
import { seededRandom } from '../../../simulators/scenario-random.ts'
import type { LineFaults } from '../../../simulators/serial/line.ts'
import { createMockPorts } from '../../../simulators/serial/mock-port.ts'
import { listenTcpPort } from '../../../simulators/serial/tcp-port.ts'
import { realTime, scaledTime } from '../../../simulators/time.ts'
import { startHome } from '../../support/home.ts'
import { hexOf } from './stored-readings.ts'

/** Devices on serial lines, collected by the whole gateway: from the port to a row of the outbox. */

const MINUTE = 60_000
/** A finger stays in for ten seconds and more; here they pass in one. */
const SPEED = 10

const wall = realTime()
const aroundAt = (speed: number): Surroundings => ({
  time: scaledTime(speed),
  wallNow: () => wall.now(),
  timeZone: 'Europe/Copenhagen',
  random: seededRandom(7),
})

interface Plugged {
  readonly device: SerialDevice
  readonly cut: () => void
  readonly entry: {
    readonly id: string
    readonly driver: string
    readonly target: string
    readonly options?: Readonly<Record<string, number>>
  }
}

async function plugged(
  device: SerialDevice,
  driver: string,
  more: { readonly faults?: LineFaults; readonly options?: Readonly<Record<string, number>> } = {},
): Promise<Plugged> {
  const { faults = {}, options } = more
  const port = await listenTcpPort(device, { time: scaledTime(SPEED), random: seededRandom(3), faults })
  onTestFinished(async () => {
    device.close()
    await port.close()
  })
  return { device, cut: port.cut, entry: { id: device.id, driver, target: port.target, ...(options && { options }) } }
}

const of = (readings: readonly RawReading[], { id }: Pick<SerialDevice, 'id'>): RawReading[] =>
  readings.filter((r) => r.device === id)

/** Every emitted record is there, once. */
function expectExactly(readings: readonly RawReading[], emitted: readonly EmittedReading[]): void {
  expect(readings.map((r) => `${r.device} ${hexOf(r)}`).toSorted()).toEqual(
    emitted.map((e) => `${e.device} ${e.hex}`).toSorted(),
  )
  for (const e of emitted) {
    const reading = readings.find((r) => r.device === e.device && hexOf(r) === e.hex)
    expect(reading).toMatchObject({ kind: e.kind })
    expect(reading?.deviceTime).toBe(e.deviceTime)
  }
}

describe('a home full of serial lines', () => {
  it('is collected with all habits: every record once, and one reading of each finger', {
    timeout: 60_000,
  }, async () => {
    const scenario = readScenario('simulators/scenarios/kit-serial-lines.json')
    const lines = await Promise.all(
      scenario.devices.map(async (entry) => {
        if ('address' in entry) throw new TypeError(`${entry.id} is no serial device`)
        const keeps = ['nonin-df13', 'vitalograph-lung-monitor', 'onetouch-ultra2', 'onetouch-ultramini'].includes(
          entry.kind,
        )
        const device = createSerialDevice(entry, aroundAt(keeps ? 1 : SPEED))
        const needs = DEVICE_KINDS[entry.kind]
        const line = await plugged(device, needs.driver, 'options' in needs ? { options: needs.options } : {})
        const values = scenario.series.find((s) => s.device === entry.id)?.baseline ?? {}
        return { ...line, values, keeps }
      }),
    )
    expect(lines).toHaveLength(10)
    // Stored before the hub comes: three acts, an hour and more ago.
    for (const { device, values, keeps } of lines) {
      for (const ago of keeps ? [90, 75, 60] : []) device.measure(values, { at: wall.now() - ago * MINUTE })
    }
    const kept = lines.filter(({ keeps }) => keeps).flatMap(({ device }) => device.emitted)
    const home = startHome({ serial: lines.map(({ entry }) => entry) })
    const live = lines.filter(({ keeps }) => !keeps)
    await home.until((readings) => {
      // A finger stays in until its reading is there.
      const without = live.filter(({ device }) => of(readings, device).length === 0)
      for (const { device, values } of without) device.measure(values)
      return without.length === 0 && readings.length >= live.length + kept.length
    })
    const readings = home.readings()
    expectExactly(
      readings.filter((r) => !live.some(({ device }) => device.id === r.device)),
      kept,
    )
    for (const { device, values, entry } of live) {
      const [reading, ...others] = of(readings, device)
      expect(others).toEqual([])
      expect(reading).toMatchObject({ kind: 'oxygen-saturation', driver: entry.driver })
      expect(reading?.values['oxygenSaturation']).toMatchObject({ value: values['oxygenSaturation'] })
      expect(reading?.values['pulseRate']).toMatchObject({ value: values['pulseRate'] })
    }

    const by = (id: string): RawReading => {
      const found = readings.find((r) => r.device === id)
      if (found === undefined) throw new TypeError(`nothing of ${id}`)
      return found
    }
    // The clock of the oximeter is 16 minutes behind, and was read before its records.
    expect(by('oximeter-4004')).toMatchObject({ status: ['battery-low'], clock: { quality: 'corrected' } })
    expect(Math.abs(Number(by('oximeter-4004').clock.offsetMs) - 16 * MINUTE)).toBeLessThan(5_000)
    // Never set: counts from 2015, and is corrected all the same.
    const times = of(readings, lines.at(-1)?.device ?? { id: '' }).map((r) => r.measuredAt)
    expect(by('meter-4002').deviceTime).toMatch(/^201/)
    expect(by('meter-4002').clock.quality).toBe('corrected')
    expect(Math.abs(Date.parse(times.toSorted()[0] ?? '') - (wall.now() - 90 * MINUTE))).toBeLessThan(2 * MINUTE)
    expect(by('meter-4001').values).toEqual({ glucose: { value: 6.5, unit: 'mmol/L', decimals: 1 } })
    expect(by('oximeter-4007').status).toEqual(['low-perfusion'])
    expect(by('spirometer-4001').values).toMatchObject({ fev1: { value: 1.42 }, fev6: { value: 2.31 } })
    // The first frame of the spirometer was damaged: its bytes are kept, and the blow came again.
    expect(home.rejected().map(({ device }) => device)).toContain('spirometer-4001')
  })

  it('sets a clock that is wrong, after it was read', { timeout: 30_000 }, async () => {
    const around = aroundAt(1)
    const oximeter = createNoninOximeter({ id: 'oximeter-0001', format: 13, clock: { offsetMs: -16 * MINUTE } }, around)
    oximeter.measure({ oxygenSaturation: 93, pulseRate: 60 })
    const home = startHome({ serial: [(await plugged(oximeter, 'nonin-spot-check')).entry] })
    await home.until((readings) => readings.length === 1)
    oximeter.measure({ oxygenSaturation: 92, pulseRate: 61 })
    await home.until((readings) => readings.length === 2)
    const [old, fresh] = home.readings()
    expect(old?.clock.quality).toBe('corrected')
    expect(fresh?.clock.quality).toBe('synced')
    expect(
      Math.abs(Date.parse(`${fresh?.deviceTime}Z`) - Date.parse(`${old?.deviceTime}Z`) - 16 * MINUTE),
    ).toBeLessThan(MINUTE)
  })
})

const VALUES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'vitalograph-lung-monitor': { fev1: 1.5, fev6: 2.5 },
  'onetouch-ultra2': { glucose: 100 },
  'onetouch-ultramini': { glucose: 100 },
}

function keeper(driver: string): SerialDevice {
  const around = aroundAt(SPEED)
  if (driver === 'onetouch-ultra2') return createUltra2({ id: 'meter-0001', order: 'shuffled' }, around)
  if (driver === 'onetouch-ultramini') return createUltraMini({ id: 'meter-0001' }, around)
  return createLungMonitor({ id: 'spirometer-0001' }, around)
}

describe.each(Object.keys(VALUES))('%s on a bad line', (driver) => {
  const fill = (device: SerialDevice, count: number): void => {
    for (let n = count; n > 0; n--) {
      const values = Object.entries(VALUES[driver] ?? {}).map(([name, value]) => [name, value + n / 100] as const)
      device.measure(Object.fromEntries(values), { at: wall.now() - n * MINUTE })
    }
  }

  it.each([
    ['split at every byte', { splitBytes: 1 }],
    ['merged', { mergeMs: 300 }],
    ['garbled', { garble: 0.006 }],
  ] as const)('%s loses nothing', { timeout: 60_000 }, async (_, faults) => {
    const device = keeper(driver)
    fill(device, 12)
    const home = startHome({ serial: [(await plugged(device, driver, { faults })).entry] })
    await home.until((readings) => readings.length === 12)
    expectExactly(home.readings(), device.emitted)
    if ('garble' in faults) expect(home.rejected().length).toBeGreaterThan(0)
  })

  it('cut in the middle is read again', { timeout: 60_000 }, async () => {
    const device = keeper(driver)
    fill(device, 12)
    // The dump of this meter is longer than any visit: what came before the cut must be kept.
    const faults = driver === 'onetouch-ultra2' ? { cutAfterBytes: 600 } : { splitBytes: 2 }
    const { entry, cut } = await plugged(device, driver, { faults })
    const home = startHome({ serial: [entry] })
    await home.until((readings) => readings.length >= 3)
    const before = home.readings().length
    cut()
    await home.until((readings) => readings.length === 12)
    expect(before).toBeLessThan(12)
    expectExactly(home.readings(), device.emitted)
  })
})

/** With checksums, or so many packets that a damaged one does not count. */
const GARBLED: LineFaults = { garble: 0.002 }
/** One unprotected packet a second: nobody can tell a damaged digit from a good one. */
const SPLIT: LineFaults = { splitBytes: 2 }

describe('oximeters that stream', () => {
  it.each([
    ['nonin-stream', 1, SPLIT],
    ['nonin-stream', 2, GARBLED],
    ['nonin-stream', 7, GARBLED],
    ['contec-cms50-old', undefined, GARBLED],
    ['contec-cms50-new', undefined, GARBLED],
    ['masimo-ascii', undefined, SPLIT],
  ] as const)(
    '%s (format %s) give the reading through a bad line',
    { timeout: 60_000 },
    async (driver, format, faults) => {
      const around = aroundAt(40)
      // 15 s of the machine: worn until it is read, however loaded the machine is.
      const options = { id: 'oximeter-0001', wornMs: 600_000 }
      const device =
        format !== undefined
          ? createNoninOximeter({ ...options, format }, around)
          : driver === 'masimo-ascii'
            ? createSerialMasimo(options, around)
            : createSerialContec({ ...options, protocol: driver === 'contec-cms50-old' ? 'old' : 'new' }, around)
      const { entry } = await plugged(device, driver, { faults, ...(format !== undefined && { options: { format } }) })
      const home = startHome({ serial: [entry] })
      await home.until((readings) => {
        if (readings.length === 0) device.measure({ oxygenSaturation: 93, pulseRate: 141 })
        return readings.length > 0
      })
      expect(home.readings()).toMatchObject([
        { values: { oxygenSaturation: { value: 93 }, pulseRate: { value: 141 } }, status: [] },
      ])
    },
  )
})

describe("behind serialport's own binding", () => {
  it('a converter that is pulled and plugged in again loses nothing', { timeout: 60_000 }, async () => {
    const around = aroundAt(1)
    const ports = createMockPorts(around)
    const device = createUltra2({ id: 'meter-0001' }, around)
    device.measure({ glucose: 601 }, { at: wall.now() - MINUTE })
    const path = '/dev/serial/by-id/usb-meter'
    const clock = createHubClock()
    const pulled = ports.plug(path, device)
    const home = startHome({
      clock,
      lines: createSerialTransport({ time: clock, binding: ports.binding }),
      serial: [{ id: device.id, driver: 'onetouch-ultra2', target: path }],
    })
    await home.until((readings) => readings.length === 1)
    pulled.unplug()
    device.measure({ glucose: 99 })
    ports.plug(path, device)
    await home.until((readings) => readings.length === 2)
    expectExactly(home.readings(), device.emitted)
    expect(home.readings()[0]).toMatchObject({
      values: { glucose: { absent: 'above-range', unit: 'mmol/L' } },
      status: ['result-too-high'],
    })
  })
})
