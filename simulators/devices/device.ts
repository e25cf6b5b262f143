import { PreCareError } from '../../device-drivers/errors.ts'
import type { Kind } from '../../device-drivers/reading.ts'
import type { AttachedPeripheral, PeripheralDefinition, SimulatedTime } from '../bluetooth/peripheral.ts'
import type { Random } from '../scenario-random.ts'

/** Quantities by name in their unit of the wire: systolic 132, oxygenSaturation 94, weight 81.4. */
export type Values = Readonly<Record<string, number>>

/**
 * What may be expected of a record, so that somebody who knows nothing but this can tell what must have been stored.
 * kept: the device offers it again until it is deleted or for ever: stored exactly once, whatever dies meanwhile.
 * sent-once: gone from the device when the link confirmed it: exactly once, unless the hub dies at that moment.
 * live: a stream, out of which the hub makes at most one reading.
 */
type Delivery = 'kept' | 'sent-once' | 'live'

/** A record that a device has made. `key` is stable: device and raw record. */
export interface EmittedReading {
  readonly key: string
  readonly device: string
  readonly kind: Kind
  /** Characteristic or protocol, as in a packet's `source`. */
  readonly source: string
  /** The raw record, upper case. */
  readonly hex: string
  /** 'YYYY-MM-DDTHH:mm:ss' by the device's own clock; absent when it puts none into the record. */
  readonly deviceTime?: string
  readonly slot?: number
  readonly values: Values
  /** Epoch ms of the act of measuring. */
  readonly at: number
  readonly delivery: Delivery
}

/** What surrounds a device. `wallNow` (epoch ms) drives the device's clock and runs at its pace even when timers run faster. */
export interface Surroundings {
  readonly time: SimulatedTime
  readonly wallNow: () => number
  readonly timeZone: string
  readonly random: Random
  readonly onEmitted?: (reading: EmittedReading) => void
  /** An unsent record fell out of a full memory: nobody can expect it any more. */
  readonly onForgotten?: (key: string) => void
}

interface MeasureOptions {
  readonly slot?: number
  /** Epoch ms of the act; default now. */
  readonly at?: number
}

export interface SimulatedDevice {
  readonly id: string
  /** The newest {@link EMITTED_KEPT} records it made. */
  readonly emitted: readonly EmittedReading[]
  measure(values: Values, options?: MeasureOptions): EmittedReading
  /** As after a battery change: bond and clock are lost, the records stay. */
  changeBattery(): void
  /** Ends timers and links. */
  close(): void
}

/** Where a peripheral can be attached: the virtual controller, or a test's stand-in. */
export interface PeripheralPlace {
  attach(definition: PeripheralDefinition): AttachedPeripheral
}

export interface BleDevice extends SimulatedDevice {
  readonly definition: PeripheralDefinition
  attachTo(place: PeripheralPlace): AttachedPeripheral
}

/** The device's end of a serial line. */
interface SerialPeer {
  receive(bytes: Uint8Array): void
  close(): void
}

export interface SerialDevice extends SimulatedDevice {
  readonly baudRate: number
  /** Somebody opened the port. One line at a time: a second one replaces the first. */
  connect(send: (bytes: Uint8Array) => void): SerialPeer
}

/** Enough for a day of tests; a toy that runs for weeks must not grow. */
const EMITTED_KEPT = 10_000

/** The list of what was made, and the news of it. */
export function emissions(surroundings: Surroundings): {
  readonly list: readonly EmittedReading[]
  add(reading: EmittedReading): EmittedReading
} {
  const list: EmittedReading[] = []
  return {
    list,
    add(reading) {
      list.push(reading)
      if (list.length > EMITTED_KEPT) list.shift()
      surroundings.onEmitted?.(reading)
      return reading
    },
  }
}

/** A quantity that the caller must have given. */
export function need(values: Values, quantity: string, device: string): number {
  const value = values[quantity]
  if (value === undefined) throw new PreCareError('config-invalid', `device ${device} needs the quantity ${quantity}`)
  return value
}

/** Something on a finger or a chest: what it sees, since when, and until when it stays there. */
export interface Worn {
  readonly values: Values
  readonly since: number
  readonly until: number
}

/** Measuring again while it is worn changes what it sees and keeps it on; it does not have to settle anew. */
export function putOn(worn: Worn | undefined, values: Values, now: number, forMs: number): Worn {
  return { values, since: worn?.since ?? now, until: now + forMs }
}
