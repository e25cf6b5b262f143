import { describe, expect, it, onTestFinished } from 'vitest'
import type { VirtualController } from '../../../simulators/bluetooth/controller.ts'
import type { BleDevice } from '../../../simulators/devices/device.ts'
import { createBleDevice } from '../../../simulators/devices/of-scenario.ts'
import { DEVICE_KINDS } from '../../../simulators/scenario.ts'
import { startController } from '../transport/radio-fixture.ts'
import { aroundDevices, type BleEntry, homeOf, isBle, MINUTE, readKit, wallNow } from './ble-kit.ts'
import { hexOf, numbersOf, of } from './stored-readings.ts'

/** Vendors' Bluetooth devices, collected by the whole gateway: from the advertisement to a row of the outbox. */

const {
  entries: ENTRIES,
  entryOf,
  baselineOf,
  measuredBefore,
} = readKit('simulators/scenarios/kit-vendor-ble.json', isBle)
const around = aroundDevices(4)

function placed(entry: BleEntry, controller: VirtualController, onConnect = (): void => undefined): BleDevice {
  const device = createBleDevice(entry, around)
  device.attachTo({
    attach: (definition) =>
      controller.attach({
        ...definition,
        onConnect: (link) => {
          onConnect()
          definition.onConnect?.(link)
        },
      }),
  })
  onTestFinished(() => device.close())
  return device
}

const LIVE = new Set(['polar-belt', 'xiaomi-scale', 'xiaomi-composition-scale'])

describe('vendors Bluetooth devices in a home', () => {
  it('are all collected with their habits, every record once', { timeout: 60_000 }, async () => {
    const { adapter, controller } = startController({ time: around.time })
    const entries = ENTRIES.map(({ id, kind }) => entryOf(id, LIVE.has(kind) ? {} : { advertiseMs: 50 * MINUTE }))
    const storing = entries.filter(({ kind }) => !LIVE.has(kind)).map((entry) => placed(entry, controller))
    const live = entries.filter(({ kind }) => LIVE.has(kind)).map((entry) => placed(entry, controller))
    expect([storing.length, live.length]).toEqual([10, 3])
    storing.forEach(measuredBefore)
    const emitted = storing.flatMap((device) => device.emitted)
    expect(emitted).toHaveLength(45)

    const home = homeOf(entries, adapter)
    await home.until((readings) => readings.length >= emitted.length)
    for (const device of live) device.measure(baselineOf(device.id))
    await home.until((readings) => live.every(({ id }) => of(readings, id).length > 0))

    const readings = home.readings()
    for (const record of emitted) {
      const found = readings.filter((r) => r.device === record.device && hexOf(r) === record.hex)
      // Records without a time may be equal, and are several all the same.
      const alike = emitted.filter((other) => other.device === record.device && other.hex === record.hex)
      expect(found, record.key).toHaveLength(alike.length)
      expect(found[0]).toMatchObject({ kind: record.kind, driver: DEVICE_KINDS[entryOf(record.device).kind].driver })
      expect([found[0]?.deviceTime, found[0]?.slot]).toEqual([record.deviceTime, record.slot])
    }
    expect(readings).toHaveLength(emitted.length + live.length)
    expect(home.rejected()).toEqual([])

    // Eight minutes slow: the device's time stays as it was, and is corrected beside it.
    const [slow] = of(readings, 'cuff-4001')
    expect(slow?.clock.quality).toBe('corrected')
    expect(Math.abs(Number(slow?.clock.offsetMs) - 8 * MINUTE)).toBeLessThan(5_000)
    expect(numbersOf(of(readings, 'cuff-4002')[0])).toMatchObject({ systolic: 128, meanArterial: 'not-a-number' })
    expect(numbersOf(of(readings, 'thermometer-4001')[0])).toEqual({ bodyTemperature: 37.4 })
    expect(numbersOf(of(readings, 'scale-4001')[0])).toEqual({ weight: 81.4 })
    expect(of(readings, 'cuff-4004').map((r) => r.clock.quality)).toEqual(Array(6).fill('device-unset'))
    expect(numbersOf(of(readings, 'belt-4001')[0])).toMatchObject({ heartRate: 74 })
    expect(numbersOf(of(readings, 'scale-4003')[0])).toEqual({ weight: 61.75 })
    expect(numbersOf(of(readings, 'scale-4004')[0])).toEqual({ weight: 72.45 })
    // Its clock is set and can't be read, so that nobody knows how far off it was for what it had stored.
    const [stored] = of(readings, 'meter-4001')
    expect([numbersOf(stored), stored?.clock.quality]).toEqual([{ glucose: 6.2 }, 'unknown'])
    const bodies = of(readings, 'scale-4005')
    expect(numbersOf(bodies.find((r) => r.slot === 1))).toEqual({
      bodyFat: 9.2,
      musclePercent: 50.1,
      bodyWaterPercent: 70.3,
      weight: 74.4,
    })
    expect(numbersOf(bodies.find((r) => r.slot === 2))).toMatchObject({ bodyFat: 'not-measured', weight: 66.2 })
    for (const id of ['cuff-4003', 'scale-4002', 'cuff-4004', 'cuff-4005', 'scale-4005']) {
      expect(
        of(readings, id)
          .map((r) => r.slot)
          .toSorted(),
        id,
      ).toEqual([1, 1, 1, 2, 2, 2])
    }
  })

  it('that count in their advertisement are visited when somebody has measured, and only then', {
    timeout: 30_000,
  }, async () => {
    const { adapter, controller } = startController({ time: around.time })
    const [counting, repeating] = [entryOf('cuff-4003'), entryOf('cuff-4005')]
    const visits = { counting: 0, repeating: 0 }
    const cuff = placed(counting, controller, () => void visits.counting++)
    cuff.measure(baselineOf(cuff.id), { slot: 1 })
    const home = homeOf([counting, repeating], adapter)
    await home.until((readings) => readings.length === 1)

    // It advertises on and on. Another one that does is visited twice meanwhile, and its memory is stored once.
    const other = placed(repeating, controller, () => void visits.repeating++)
    other.measure(baselineOf(other.id), { slot: 1 })
    await home.until(() => visits.repeating === 2)
    await home.until((readings) => of(readings, other.id).length === 1)
    expect(visits.counting).toBe(1)

    cuff.measure(baselineOf(cuff.id), { slot: 2 })
    await home.until((readings) => of(readings, cuff.id).length === 2)
    expect(visits.counting).toBe(2)
    expect(of(home.readings(), cuff.id).map((r) => r.slot)).toEqual([1, 2])
  })

  it('that are asked for everything give it, and it is stored once', { timeout: 30_000 }, async () => {
    const { adapter, controller } = startController({ time: around.time })
    const entry = entryOf('thermometer-4001', { clock: {}, advertiseMs: 50 * MINUTE })
    const device = placed(entry, controller)
    device.measure(baselineOf(device.id), { at: wallNow() - MINUTE })
    const home = homeOf([entry], adapter, () => ({ sendAll: true }))
    const visits = () => home.log.filter(({ event }) => event === 'visit')
    await home.until(() => visits().length === 1)
    device.measure(baselineOf(device.id))
    await home.until(() => visits().length === 2)
    expect(visits()[1]).toMatchObject({ stored: 1, duplicate: 1, rejected: 0 })
    expect(home.readings()).toHaveLength(2)
  })

  it('that want a passkey are named with the reason', { timeout: 30_000 }, async () => {
    const { adapter, controller } = startController({ time: around.time })
    const entry = entryOf('cuff-4005', { security: 'requires-passkey' })
    const device = placed(entry, controller)
    device.measure(baselineOf(device.id), { slot: 1 })
    const home = homeOf([entry], adapter)
    const failed = () => home.log.find(({ event }) => event === 'visit-failed')
    await home.until(() => failed() !== undefined)
    expect(failed()).toMatchObject({ device: device.id, code: 'pairing-failed' })
    expect(home.readings()).toEqual([])
  })
})
