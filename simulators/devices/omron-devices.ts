import { AttError, type CharacteristicDefinition, type PeripheralLink } from '../bluetooth/peripheral.ts'
import { encodeCurrentTime } from '../encoders/date-time.ts'
import { encodeOmronCounters } from '../encoders/vendor-advertisements.ts'
import { type CuffOptions, createBloodPressureCuff } from './blood-pressure-cuff.ts'
import type { Surroundings } from './device.ts'
import type { DeviceClock } from './device-clock.ts'
import type { StoreAndForwardDevice, StoreAndForwardOptions, VendorTraits } from './store-and-forward.ts'
import { createWeightScale, type ScaleOptions } from './weight-scale.ts'

/** Omron Healthcare: two users with counters in the advertisement, which goes on for ever; a clock that speaks first. */

const USERS = [1, 2] as const
const CAPACITY = 60
const SEQUENCE_SIZE = 0x10000
/** ATT application error: not now. */
const REFUSED = 0x80

interface Counters {
  readonly traits: VendorTraits
  measured(slot: number): void
}

function counters(sequence: number): Counters {
  const users = new Map<number, { sequence: number; records: number }>(
    USERS.map((slot) => [slot, { sequence, records: 0 }]),
  )
  let clock: DeviceClock | undefined
  const clockCharacteristic = (usual: CharacteristicDefinition, itsClock: DeviceClock): CharacteristicDefinition => {
    clock = itsClock
    const told = new WeakSet<PeripheralLink>()
    return {
      ...usual,
      properties: ['read', 'write', 'notify'],
      onSubscribe: (link, mode) => {
        if (mode !== 'notify') return
        told.add(link)
        link.notify(usual.uuid, encodeCurrentTime(itsClock.read()))
      },
      onWrite: (bytes, link) => {
        if (!told.has(link)) throw new AttError(REFUSED)
        usual.onWrite?.(bytes, link)
      },
    }
  }
  return {
    traits: {
      advertisement: () => ({
        manufacturerData: encodeOmronCounters({ users: [...users.values()], timeNotSet: clock?.state !== 'set' }),
      }),
      clockCharacteristic,
    },
    measured(slot) {
      const user = users.get(slot)
      if (user === undefined) return
      user.sequence = (user.sequence + 1) % SEQUENCE_SIZE
      user.records = Math.min(CAPACITY, user.records + 1)
    },
  }
}

interface OmronOptions {
  /** Number of the newest record before the first measurement; 65535 is the last before 0. */
  readonly sequence?: number
}

const HABITS = {
  timeCharacteristic: '2A2B',
  advertiseMs: 'always',
  capacity: CAPACITY,
  security: 'bonded-once',
  identity: { manufacturer: 'OMRON HEALTHCARE' },
} as const satisfies Partial<StoreAndForwardOptions>

/** A measurement without a slot is that of the first user. */
function counting(device: StoreAndForwardDevice, counted: Counters): StoreAndForwardDevice {
  return {
    ...device,
    get stored() {
      return device.stored
    },
    measure(values, act = {}) {
      const slot = act.slot ?? USERS[0]
      counted.measured(slot)
      return device.measure(values, { ...act, slot })
    },
  }
}

export function createOmronCuff(options: CuffOptions & OmronOptions, around: Surroundings): StoreAndForwardDevice {
  const counted = counters(options.sequence ?? 0)
  const named = { name: 'BLESmart_0000021F005FBF88C25B', ...HABITS, ...options }
  return counting(createBloodPressureCuff(named, around, counted.traits), counted)
}

export function createOmronScale(options: ScaleOptions & OmronOptions, around: Surroundings): StoreAndForwardDevice {
  const counted = counters(options.sequence ?? 0)
  const named = { name: 'BLESmart_00010112F974C431DBE2', ...HABITS, ...options }
  return counting(createWeightScale(named, around, counted.traits), counted)
}
