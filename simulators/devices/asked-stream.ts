import type { Kind } from '../../device-drivers/reading.ts'
import type { CharacteristicDefinition } from '../bluetooth/peripheral.ts'
import type { BleDevice, Surroundings, Values } from './device.ts'
import { encrypts } from './gap-peripheral.ts'
import { notifyInParts } from './notify-in-parts.ts'
import { createWornDevice, type WornOptions } from './worn-device.ts'

/** A device that is worn for a while, is told things by writing, and says in any number of packets what it sees. */
export interface AskedStream {
  readonly kind: Kind
  readonly service: string
  readonly notify: string
  /** Absent: nobody can tell it anything. */
  readonly write?: string
  readonly model: string
  /** The packet with values; `values` undefined: not worn. */
  encode(values: Values | undefined, settled: boolean): Uint8Array
  /** Each second of a visit. */
  second?(stage: Stage): void
  hear?(bytes: Uint8Array, stage: Stage): void
}

/** What it sees at this moment, and how it speaks. */
export interface Stage {
  readonly packet: Uint8Array
  /** In notifications of at most 20 bytes. */
  say(bytes: Uint8Array): void
  /** Set by `hear`, and gone with the link. */
  started: boolean
}

/** How long it is off before it hangs up. */
const FAREWELL_S = 5

export function createAskedStream(spec: AskedStream, options: WornOptions, around: Surroundings): BleDevice {
  const encrypted = encrypts(options)
  return createWornDevice(
    (sight) => {
      const stage: Stage = {
        get packet() {
          return sight.packet
        },
        say: (bytes) => notifyInParts(sight.link, spec.notify, bytes),
        started: false,
      }
      const written = (uuid: string): CharacteristicDefinition => ({
        uuid,
        properties: ['write', 'write-without-response'],
        encrypted,
        onWrite: (bytes) => spec.hear?.(bytes, stage),
      })
      return {
        ...spec,
        source: spec.notify,
        characteristics: [
          ...(spec.write === undefined ? [] : [written(spec.write)]),
          { uuid: spec.notify, properties: ['notify'], encrypted },
        ],
        farewellS: FAREWELL_S,
        second: () => spec.second?.(stage),
        onDisconnect() {
          stage.started = false
        },
      }
    },
    options,
    around,
  )
}
