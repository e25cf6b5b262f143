import { DEVICE_KINDS, type Scenario } from '../../simulators/scenario.ts'
import type { Registry } from '../support/broker-process.ts'

/** The home of the fault benches: many devices that keep their records until somebody says "received". */

export const HUB = 'hub-crash'
const FROM = '2020-01-01T00:00:00Z'
const CITIZENS = 5
/** Two serial oximeters for each citizen; of the first two citizens the second one is doubtful (no SmartPoint). */
const OXIMETERS = CITIZENS * 2
/** More than any run makes: nothing may fall out of a memory. */
const CAPACITY = 5_000

const two = (n: number): string => String(n).padStart(2, '0')
const oximeter = (n: number): string => `oximeter-${two(n)}`
const citizen = (n: number): string => `citizen-${two(n)}`
const isDoubtful = (n: number): boolean => n >= CITIZENS && n < CITIZENS + 2

export const DOUBTFUL_DEVICES: ReadonlySet<string> = new Set(
  Array.from({ length: OXIMETERS }, (_, n) => n)
    .filter(isDoubtful)
    .map(oximeter),
)

type Devices = Scenario['devices']
type Limits = Scenario['registry']['limits']

const radio = { addressType: 'random', capacity: 500, advertiseMs: 'always', restMs: 400, leavesAfterMs: 150 } as const
const { addressType, ...habits } = radio

const RADIO_DEVICES: Devices = [
  { id: 'cuff-00', kind: 'blood-pressure-cuff', address: 'c0:40:00:00:00:01', addressType, habits },
  {
    id: 'radio-oximeter-00',
    kind: 'spot-check-oximeter',
    address: 'c0:40:00:00:00:02',
    addressType,
    habits: { ...habits, keepsSent: true, timeCharacteristic: '2A2B', order: 'shuffled' },
  },
  {
    id: 'scale-00',
    kind: 'weight-scale',
    address: 'c0:40:00:00:00:03',
    addressType,
    habits: { ...habits, keepsSent: true, sendsTwice: true },
  },
]
const RADIO_DRIVERS: Readonly<Record<string, string>> = {
  'cuff-00': 'blood-pressure-service',
  'radio-oximeter-00': 'pulse-oximeter-service',
  'scale-00': 'weight-scale-service',
}

function limit(who: string, quantity: string, bounds: Partial<Limits[number]>): Limits[number] {
  return { citizen: who, quantity, ...bounds, from: FROM, author: 'clinician-0001', reason: 'bench' }
}

/** @param withRadio false: serial devices only, and the hub needs no controller */
export function crashScenario(withRadio: boolean): Scenario {
  const oximeters = Array.from({ length: OXIMETERS }, (_, n) => n)
  const citizens = Array.from({ length: CITIZENS + 1 }, (_, n) => citizen(n))
  const radioIds = withRadio ? Object.keys(RADIO_DRIVERS) : []
  const registry = {
    organisations: [{ id: 'clinic-00', title: 'Clinic' }],
    clients: [{ id: 'client-00', organisation: 'clinic-00' }],
    citizens: citizens.map((id) => ({ id })),
    hubs: [{ id: HUB }],
    devices: [
      ...oximeters.map((n) => ({ id: oximeter(n), hub: HUB, driver: 'nonin-spot-check' })),
      ...radioIds.map((id) => ({ id, hub: HUB, driver: RADIO_DRIVERS[id] ?? '' })),
    ],
    assignments: [
      ...oximeters.map((n) => ({ device: oximeter(n), citizen: citizen(n % CITIZENS), from: FROM })),
      ...radioIds.map((device) => ({ device, citizen: citizen(CITIZENS), from: FROM })),
    ],
    grants: citizens.map((id) => ({ organisation: 'clinic-00', citizen: id, from: FROM, purpose: 'treatment' })),
    limits: [
      ...citizens.map((id) => limit(id, 'oxygenSaturation', { alertLow: 85, warningLow: 88 })),
      ...citizens.map((id) => limit(id, 'pulseRate', { warningHigh: 110, alertHigh: 120 })),
      limit(citizen(CITIZENS), 'systolic', { warningHigh: 140, alertHigh: 155 }),
    ],
  } satisfies Registry
  const serial: Devices = oximeters.map((n) => ({
    id: oximeter(n),
    kind: 'nonin-df13',
    habits: { capacity: CAPACITY, serial: `5014930${two(n)}`, ...(isDoubtful(n) ? { smartPoint: false } : {}) },
  }))
  return {
    title: 'Devices with full memories around a hub that is not left in peace',
    speed: 1,
    seed: 1,
    registry,
    devices: [...serial, ...(withRadio ? RADIO_DEVICES : [])],
    series: [],
    faults: [],
  }
}

export interface PlannedAct {
  readonly device: string
  /** Seconds before the start, at which it was measured: no two acts of a device in one second. */
  readonly agoS: number
  readonly values: Readonly<Record<string, number>>
}

/** A walk that crosses the limits now and then and comes back. */
function* walk(random: () => number, low: number, high: number, step: number): Generator<number, never> {
  let value = low + random() * (high - low)
  for (;;) {
    value = Math.min(high, Math.max(low, value + (random() * 2 - 1) * step))
    yield Math.round(value)
  }
}

/** @param counts acts of each serial and each radio device @returns oldest first */
export function planActs(
  random: () => number,
  counts: { readonly serial: number; readonly radio: number },
  scenario: Scenario,
): PlannedAct[] {
  const acts: PlannedAct[] = []
  for (const [index, { id, kind }] of scenario.devices.entries()) {
    const count = kind === 'nonin-df13' ? counts.serial : counts.radio
    const saturation = walk(random, 82, 97, 4)
    const pulse = walk(random, 60, 125, 12)
    const systolic = walk(random, 120, 165, 15)
    for (let i = 0; i < count; i++) {
      const all: Readonly<Record<string, number>> = {
        oxygenSaturation: saturation.next().value,
        pulseRate: pulse.next().value,
        systolic: systolic.next().value,
        diastolic: 80,
        weight: 60 + i / 10,
      }
      // What a device does not measure, nobody may expect it to have told.
      const values = Object.fromEntries(DEVICE_KINDS[kind].quantities.map((name) => [name, all[name] ?? 0]))
      acts.push({ device: id, agoS: 60 + (count - i) * 15 + index, values })
    }
  }
  return acts.sort((a, b) => b.agoS - a.agoS)
}
