import type { VirtualController } from '../../simulators/bluetooth/controller.ts'
import type { PeripheralDefinition } from '../../simulators/bluetooth/peripheral.ts'
import type { Surroundings } from '../../simulators/devices/device.ts'
import { createBleDevice } from '../../simulators/devices/of-scenario.ts'
import { DEFAULT_TIME_ZONE, type Scenario } from '../../simulators/scenario.ts'

/** Who is near the hub in the soak: four devices that measure in turn, and strangers that are heard once. */

export const HUB = 'hub-soak'
const FROM = '2020-01-01T00:00:00Z'
/** Connection timeout (Core, Vol 1, Part F, 2.8). */
const SUPERVISION_TIMEOUT = 0x08
const STRANGER_HEARD_MS = 90
/** Less than the silence after which a radio is taken for a deaf one (90 s), and no more than a day needs. */
const NEIGHBOUR_EVERY_MS = 10_000
/** How their addresses begin. */
export const STRANGERS = 'd0:70:'

const ADDRESS_TYPE = { addressType: 'random' } as const
const DEVICES: Scenario['devices'] = [
  { id: 'cuff-00', kind: 'blood-pressure-cuff', address: 'c0:60:00:00:00:01', ...ADDRESS_TYPE },
  { id: 'oximeter-00', kind: 'spot-check-oximeter', address: 'c0:60:00:00:00:02', ...ADDRESS_TYPE },
  { id: 'scale-00', kind: 'weight-scale', address: 'c0:60:00:00:00:03', ...ADDRESS_TYPE },
  { id: 'thermometer-00', kind: 'thermometer', address: 'c0:60:00:00:00:04', ...ADDRESS_TYPE },
]
const DRIVERS = ['blood-pressure-service', 'pulse-oximeter-service', 'weight-scale-service', 'thermometer-service']
const VALUES = { systolic: 130, diastolic: 80, pulseRate: 70, oxygenSaturation: 95, weight: 75, bodyTemperature: 37 }

export const SOAK_SCENARIO: Scenario = {
  title: 'A day in a home with four devices',
  speed: 1,
  seed: 1,
  registry: {
    organisations: [{ id: 'clinic-00', title: 'Clinic' }],
    clients: [],
    citizens: [{ id: 'citizen-00' }],
    hubs: [{ id: HUB }],
    devices: DEVICES.map(({ id }, i) => ({ id, hub: HUB, driver: DRIVERS[i] ?? '' })),
    assignments: DEVICES.map(({ id }) => ({ device: id, citizen: 'citizen-00', from: FROM })),
    grants: [{ organisation: 'clinic-00', citizen: 'citizen-00', from: FROM, purpose: 'treatment' }],
    limits: [],
  },
  devices: DEVICES,
  series: [],
  faults: [],
}

interface Measuring {
  connected(): boolean
  /** Every record was handed over. */
  empty(): boolean
  /** False when there was none to lose. */
  loseLink(): boolean
}

/** @param n different for each */
function stranger(n: number): PeripheralDefinition {
  const tail = n.toString(16).padStart(6, '0')
  return {
    address: `${STRANGERS}00:${tail.slice(0, 2)}:${tail.slice(2, 4)}:${tail.slice(4)}`,
    addressType: 'random',
    services: [],
    advertising: () => ({ intervalMs: 30, name: `stranger ${n}`, connectable: true }),
  }
}

export function soakHome(controller: VirtualController, around: Omit<Surroundings, 'timeZone'>) {
  const devices = DEVICES.flatMap((entry) => {
    if (!('address' in entry)) return []
    const device = createBleDevice(entry, { ...around, timeZone: DEFAULT_TIME_ZONE })
    return [{ device, peripheral: device.attachTo(controller) }]
  })
  let made = 0
  let passed = 0
  // Without it the radio would be taken for a deaf one and made anew, and all it had gathered with it.
  controller
    .attach({ ...stranger(0), advertising: () => ({ intervalMs: NEIGHBOUR_EVERY_MS, name: 'a neighbour' }) })
    .startAdvertising()
  return {
    made: () => made,
    /** The next device in turn measures. */
    measure(): Measuring {
      const next = devices[made % devices.length]
      if (next === undefined) throw new Error('there is no device')
      made += 1
      const { device, peripheral } = next
      device.measure(VALUES)
      return {
        connected: () => peripheral.link !== undefined,
        empty: () => !('stored' in device) || device.stored === 0,
        loseLink: () => {
          const { link } = peripheral
          link?.disconnect(SUPERVISION_TIMEOUT)
          return link !== undefined
        },
      }
    },
    /** Somebody with a new address is heard and gone. */
    passBy(): void {
      passed += 1
      const heard = controller.attach(stranger(passed))
      heard.startAdvertising(STRANGER_HEARD_MS)
      around.time.setTimeout(() => heard.detach(), STRANGER_HEARD_MS)
    },
  }
}
