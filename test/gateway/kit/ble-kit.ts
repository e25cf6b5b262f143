import { memoryBonds } from '../../../gateway/transport/bonds.ts'
import { createNobleTransport } from '../../../gateway/transport/noble.ts'
import { type HubTime, systemTime } from '../../../gateway/transport/transport-time.ts'
import type { BleDevice, Surroundings } from '../../../simulators/devices/device.ts'
import { DEVICE_KINDS, readScenario, type ScenarioDevice } from '../../../simulators/scenario.ts'
import { seededRandom } from '../../../simulators/scenario-random.ts'
import { realTime, scaledTime } from '../../../simulators/time.ts'
import { type Home, type HomeOptions, startHome } from '../../support/home.ts'
import { collectingLog } from '../transport/radio-fixture.ts'

/** A scenario's Bluetooth devices, and a home that collects from them. */

export type BleEntry = Extract<ScenarioDevice, { address: string }>
export const isBle = (entry: ScenarioDevice): entry is BleEntry => 'address' in entry

export const MINUTE = 60_000
/** Devices live faster than the hub, so that a minute on a chest is over in seconds. */
const SPEED = 10

const wall = realTime()
export const wallNow = (): number => wall.now()

export const aroundDevices = (seed: number): Surroundings => ({
  time: scaledTime(SPEED),
  wallNow,
  timeZone: 'Europe/Copenhagen',
  random: seededRandom(seed),
})

export function readKit<Entry extends BleEntry>(path: string, belongs: (entry: ScenarioDevice) => entry is Entry) {
  const { devices, series } = readScenario(path)
  const entries = devices.filter(belongs)
  return {
    entries,
    entryOf(id: string, habits: object = {}): Entry {
      const entry = entries.find((each) => each.id === id)
      if (entry === undefined) throw new Error(`no device ${id} in the scenario`)
      return { ...entry, habits: { ...entry.habits, ...habits } } as Entry
    },
    baselineOf: (id: string): Readonly<Record<string, number>> =>
      series.find(({ device }) => device === id)?.baseline ?? {},
    /** Three acts of each person, before the hub hears of it. */
    measuredBefore(device: BleDevice): void {
      for (const { slot, baseline } of series.filter((each) => each.device === device.id)) {
        for (const ago of [90, 60, 30]) {
          device.measure(baseline, { at: wallNow() - ago * MINUTE, ...(slot === undefined ? {} : { slot }) })
        }
      }
    },
  }
}

type Options = NonNullable<HomeOptions['devices']>[number]['options']

/** A hub on this adapter that has these devices. */
export function homeOf(
  entries: readonly BleEntry[],
  adapter: number,
  optionsOf: (id: string) => Options = () => ({}),
  time: HubTime = systemTime,
): Home {
  const ble = createNobleTransport({ adapter, bonds: memoryBonds(), time, log: collectingLog([]) })
  const devices = entries.map(({ id, kind, address }) => ({
    id,
    driver: DEVICE_KINDS[kind].driver,
    address,
    options: optionsOf(id) ?? {},
  }))
  return startHome({ devices, ble })
}
