import { describe, expect, it, onTestFinished } from 'vitest'
import type { VirtualController } from '../../../simulators/bluetooth/controller.ts'
import type { BleDevice } from '../../../simulators/devices/device.ts'
import { createBleDevice } from '../../../simulators/devices/of-scenario.ts'
import { startController } from '../transport/radio-fixture.ts'
import { aroundDevices, type BleEntry, homeOf, isBle, MINUTE, readKit, wallNow } from './ble-kit.ts'
import { numbersOf, of } from './stored-readings.ts'

/** Meters, a sensor, an oximeter with a memory and body scales, collected by the whole gateway: advertisement to outbox row. */

const kit = readKit('simulators/scenarios/kit-stored-records.json', isBle)
const entries = kit.entries.map(({ id }) => kit.entryOf(id, { advertiseMs: 50 * MINUTE }))
const around = aroundDevices(5)

/** What a technician has entered for a device. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'scale-5001': { userIndex: 1, consentCode: 1234 },
}

function placed(entry: BleEntry, controller: VirtualController): BleDevice {
  const device = createBleDevice(entry, around)
  device.attachTo(controller)
  onTestFinished(() => device.close())
  return device
}

const sorted = (texts: readonly (string | undefined)[]): (string | undefined)[] => texts.toSorted()

describe('devices with a memory in a home', () => {
  it('are all collected with their habits, every record once', { timeout: 60_000 }, async () => {
    const { adapter, controller } = startController({ time: around.time })
    const devices = entries.map((entry) => placed(entry, controller))
    expect(devices).toHaveLength(10)
    devices.forEach(kit.measuredBefore)
    const emitted = devices.flatMap((device) => device.emitted)
    expect(emitted).toHaveLength(33)

    const home = homeOf(entries, adapter, (id) => OPTIONS[id])
    await home.until((readings) => readings.length >= emitted.length)
    const readings = home.readings()

    expect(home.rejected()).toEqual([])
    expect(readings).toHaveLength(emitted.length)
    for (const device of devices) {
      const found = of(readings, device.id)
      expect(sorted(found.map((r) => r.deviceTime)), device.id).toEqual(
        sorted(device.emitted.map(({ deviceTime }) => deviceTime)),
      )
      expect(new Set(found.map((r) => r.kind)), device.id).toEqual(new Set(device.emitted.map(({ kind }) => kind)))
    }

    // Eight minutes slow: the meter's time stays as it was, and is corrected beside it.
    const [slow] = of(readings, 'meter-5001')
    expect(slow?.clock.quality).toBe('corrected')
    expect(Math.abs(Number(slow?.clock.offsetMs) - 8 * MINUTE)).toBeLessThan(5_000)
    expect(numbersOf(slow)).toEqual({ glucose: 6.2 })
    expect(slow?.raw.map((packet) => packet.source)).toEqual(['2A18', '2A34'])
    expect(numbersOf(of(readings, 'meter-5002')[0])).toEqual({ glucose: 7.8 })
    expect(of(readings, 'meter-5003').map((r) => r.sequence)).toEqual([undefined, undefined, undefined])
    expect(numbersOf(of(readings, 'meter-5004')[0])).toEqual({ glucose: 'above-range' })
    expect(of(readings, 'meter-5005').map((r) => r.clock.quality)).toEqual(Array(3).fill('device-unset'))
    expect(of(readings, 'meter-5006').map((r) => r.status)).toEqual(Array(3).fill(['control-solution']))
    expect(numbersOf(of(readings, 'sensor-5001')[0])).toEqual({ glucose: 8.1, sensorQuality: 97 })
    expect(of(readings, 'sensor-5001').map((r) => r.sequence)).toEqual([210, 240, 270])
    expect(numbersOf(of(readings, 'oximeter-5001')[0])).toEqual({ oxygenSaturation: 91, pulseRate: 78 })
    expect(numbersOf(of(readings, 'scale-5001')[0])).toMatchObject({ bodyFat: 28.4, weight: 74.5, musclePercent: 35.1 })
    expect(of(readings, 'scale-5001').map((r) => r.raw.length)).toEqual([2, 2, 2])
    expect(sorted(of(readings, 'scale-5002').map((r) => String(r.slot)))).toEqual(['1', '1', '1', '2', '2', '2'])
    expect(numbersOf(of(readings, 'scale-5002')[0])['weight']).toBeCloseTo(80, 1)
  })

  it('hand out only what is new at the next visit', { timeout: 60_000 }, async () => {
    const { adapter, controller } = startController({ time: around.time })
    const [entry] = entries.filter(({ kind }) => kind === 'accu-chek')
    if (entry === undefined) throw new Error('no meter in the scenario')
    // A busy machine must not look like a meter that was not asked soon enough.
    const patient = { ...entry, habits: { ...entry.habits, leavesAfterMs: 'never' } } as BleEntry
    const meter = placed(patient, controller)
    const measure = (glucose: number): void => void meter.measure({ glucose }, { at: wallNow() - 10 * MINUTE })
    measure(5)
    measure(6)
    const home = homeOf([entry], adapter)
    const visits = () => home.log.filter(({ event }) => event === 'visit')
    await home.until(() => visits().length === 1)
    measure(7)
    await home.until((readings) => readings.length >= 3 && visits().length > 1)
    expect(home.readings().map((r) => [r.sequence, numbersOf(r)['glucose']])).toEqual([
      [1, 5],
      [2, 6],
      [3, 7],
    ])
    expect(visits().at(-1)).toMatchObject({ stored: 1, duplicate: 1 })
  })
})
