import type { Kind } from '../../device-drivers/reading.ts'
import type { AdvertisingDefinition, CharacteristicDefinition } from '../bluetooth/peripheral.ts'
import type { BleDevice, Surroundings, Values } from './device.ts'
import { encrypts } from './gap-peripheral.ts'
import { createWornDevice, type WornOptions } from './worn-device.ts'

/** A device that notifies once a second what it sees: a belt, an oximeter on a finger. */
export interface StreamService {
  readonly kind: Kind
  readonly service: string
  readonly characteristic: string
  readonly others?: readonly CharacteristicDefinition[]
  readonly model: string
  /** What its advertisement says besides. @param values undefined: not worn */
  readonly advertisement?: (values: Values | undefined) => Partial<AdvertisingDefinition>
  /** One packet; `values` undefined: not worn any more. */
  encode(values: Values | undefined, settled: boolean): Uint8Array
}

/** Packets that say "not worn" before the device switches itself off. */
const FAREWELLS = 2

export function createStream(spec: StreamService, options: WornOptions, around: Surroundings): BleDevice {
  return createWornDevice(
    (sight) => ({
      ...spec,
      source: spec.characteristic,
      characteristics: [
        { uuid: spec.characteristic, properties: ['notify'], encrypted: encrypts(options) },
        ...(spec.others ?? []),
      ],
      advertisement: (values) => ({ nameInScanResponse: false, ...spec.advertisement?.(values) }),
      farewellS: FAREWELLS,
      second(offS = 0) {
        if (offS < FAREWELLS) sight.link?.notify(spec.characteristic, sight.packet)
      },
    }),
    options,
    around,
  )
}
