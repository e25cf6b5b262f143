import { describe, expect, it, onTestFinished } from 'vitest'
import { isNumber, type RawReading } from '../../../device-drivers/reading.ts'
import { memoryBonds } from '../../../gateway/transport/bonds.ts'
import { createNobleTransport } from '../../../gateway/transport/noble.ts'
import { systemTime } from '../../../gateway/transport/transport-time.ts'
import type { VirtualController } from '../../../simulators/bluetooth/controller.ts'
import type { BleDevice, Surroundings } from '../../../simulators/devices/device.ts'
import { createBleDevice } from '../../../simulators/devices/of-scenario.ts'
import { DEVICE_KINDS, readScenario, type ScenarioDevice } from '../../../simulators/scenario.ts'
import { seededRandom } from '../../../simulators/scenario-random.ts'
import { realTime, scaledTime } from '../../../simulators/time.ts'
import { startHome } from '../../support/home.ts'
import { collectingLog, startController } from '../transport/radio-fixture.ts'

/** Meters, a sensor, an oximeter with a memory and body scales, collected by the whole gateway: advertisement to outbox row. */

type BleEntry = Extract<ScenarioDevice, { address: string }>

const KIT = readScenario('simulators/scenarios/kit-stored-records.json')
const MINUTE = 60_000
/** Devices live faster than the hub. */
const SPEED = 10

const wall = realTime()
const around: Surroundings = {
  time: scaledTime(SPEED),
  wallNow: () => wall.now(),
  timeZone: 'Europe/Copenhagen',
  random: seededRandom(5),
}

/** What a technician has entered for a device. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'scale-5001': { userIndex: 1, consentCode: 1234 },
}

const entries = KIT.devices
  .filter((each): each is BleEntry => 'address' in each)
  .map((entry) => ({ ...entry, habits: { ...entry.habits, advertiseMs: 50 * MINUTE } }) as BleEntry)

function placed(entry: BleEntry, controller: VirtualController): BleDevice {
  const device = createBleDevice(entry, around)
  device.attachTo(controller)
  onTestFinished(() => device.close())
  return device
}

/** Three acts of each person, before the hub hears of it. */
function measuredBefore(device: BleDevice): void {
  for (const { slot, baseline } of KIT.series.filter((series) => series.device === device.id)) {
    for (const ago of [90, 60, 30]) {
      device.measure(baseline, { at: wall.now() - ago * MINUTE, ...(slot === undefined ? {} : { slot }) })
    }
  }
}

const of = (readings: readonly RawReading[], id: string): RawReading[] => readings.filter((r) => r.device === id)
const numbersOf = (reading: RawReading | undefined): Record<string, number | string> =>
  Object.fromEntries(Object.entries(reading?.values ?? {}).map(([name, v]) => [name, isNumber(v) ? v.value : v.absent]))
const sorted = (texts: readonly (string | undefined)[]): (string | undefined)[] => texts.toSorted()

describe('devices with a memory in a home', () => {
  it('are all collected with their habits, every record once', { timeout: 60_000 }, async () => {
    const { adapter, controller } = startController({ time: around.time })
    const devices = entries.map((entry) => placed(entry, controller))
    expect(devices).toHaveLength(10)
    devices.forEach(measuredBefore)
    const emitted = devices.flatMap((device) => device.emitted)
    expect(emitted).toHaveLength(33)

    const ble = createNobleTransport({ adapter, bonds: memoryBonds(), time: systemTime, log: collectingLog([]) })
    const home = startHome({
      ble,
      devices: entries.map(({ id, kind, address }) => ({
        id,
        address,
        driver: DEVICE_KINDS[kind].driver,
        options: OPTIONS[id] ?? {},
      })),
    })
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
    const measure = (glucose: number): void => void meter.measure({ glucose }, { at: wall.now() - 10 * MINUTE })
    measure(5)
    measure(6)
    const ble = createNobleTransport({ adapter, bonds: memoryBonds(), time: systemTime, log: collectingLog([]) })
    const home = startHome({ ble, devices: [{ id: entry.id, address: entry.address, driver: 'accu-chek' }] })
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
