import type { Kind } from '../../device-drivers/reading.ts'
import type {
  AdvertisingDefinition,
  AttachedPeripheral,
  CharacteristicDefinition,
  PeripheralDefinition,
  PeripheralLink,
  SecurityPolicy,
} from '../bluetooth/peripheral.ts'
import { toHex } from '../encoders/byte-writer.ts'
import { type BleDevice, emissions, putOn, type Surroundings, type Values, type Worn } from './device.ts'
import { batteryService, deviceInformation, type Identity } from './device-services.ts'
import { ADVERTISING_FLAGS, REMOTE_USER_TERMINATED } from './store-and-forward.ts'

/** A device that is worn for a while and notifies once a second what it sees: a belt, an oximeter on a finger. */
export interface StreamOptions {
  readonly id: string
  readonly address: string
  readonly addressType?: 'public' | 'random'
  readonly name?: string
  readonly identity?: Partial<Identity>
  readonly security?: SecurityPolicy
  readonly batteryPercent?: number
  /** How long it is worn after `measure`. */
  readonly wornMs?: number
  /** How long its values are not to be trusted yet. */
  readonly settlesMs?: number
  readonly advertisingIntervalMs?: number
}

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

const WORN_MS = 20_000
const SETTLES_MS = 3_000
const PACKET_EVERY_MS = 1_000
const ADVERTISING_INTERVAL_MS = 100
/** Packets that say "not worn" before the device switches itself off. */
const FAREWELLS = 2

export function createStream(spec: StreamService, options: StreamOptions, around: Surroundings): BleDevice {
  const made = emissions(around)
  const encrypted = (options.security ?? 'none') !== 'none'
  let attached: AttachedPeripheral | undefined
  let link: PeripheralLink | undefined
  let worn: Worn | undefined
  let farewells = 0
  let ticking: { cancel(): void } | undefined
  let episode = 0

  const tick = (): void => {
    const now = around.time.now()
    if (worn && now >= worn.until) {
      worn = undefined
      farewells = FAREWELLS
      attached?.stopAdvertising()
    }
    if (worn) {
      const settled = now >= worn.since + (options.settlesMs ?? SETTLES_MS)
      link?.notify(spec.characteristic, spec.encode(worn.values, settled))
    } else if (farewells-- > 0) link?.notify(spec.characteristic, spec.encode(undefined, false))
    else {
      ticking = undefined
      link?.disconnect(REMOTE_USER_TERMINATED)
      return
    }
    ticking = around.time.setTimeout(tick, PACKET_EVERY_MS)
  }

  const definition: PeripheralDefinition = {
    address: options.address,
    addressType: options.addressType ?? 'public',
    ...(options.security ? { security: options.security } : {}),
    services: [
      {
        uuid: spec.service,
        characteristics: [{ uuid: spec.characteristic, properties: ['notify'], encrypted }, ...(spec.others ?? [])],
      },
      deviceInformation({ manufacturer: 'Simulated', model: spec.model, serial: options.id, ...options.identity }),
      batteryService(() => options.batteryPercent ?? 90),
    ],
    advertising: () => ({
      intervalMs: options.advertisingIntervalMs ?? ADVERTISING_INTERVAL_MS,
      flags: ADVERTISING_FLAGS,
      name: options.name ?? spec.model,
      services: [spec.service],
      ...spec.advertisement?.(worn?.values),
    }),
    onConnect: (opened) => {
      link = opened
    },
    onDisconnect: () => {
      link = undefined
      if (worn) attached?.startAdvertising()
    },
  }

  return {
    id: options.id,
    definition,
    emitted: made.list,
    attachTo(place) {
      attached = place.attach(definition)
      if (worn) attached.startAdvertising()
      return attached
    },
    /** Puts it on; measuring again while it is worn only changes what it sees. */
    measure(values, act = {}) {
      const hex = toHex(spec.encode(values, true))
      worn = putOn(worn, values, around.time.now(), options.wornMs ?? WORN_MS)
      ticking ??= around.time.setTimeout(tick, 0)
      if (!link) attached?.startAdvertising()
      episode += 1
      return made.add({
        key: `${options.id}/${hex}/${episode}`,
        device: options.id,
        kind: spec.kind,
        source: spec.characteristic,
        hex,
        values,
        at: act.at ?? around.wallNow(),
        delivery: 'live',
      })
    },
    changeBattery() {
      attached?.forgetBond()
    },
    close() {
      ticking?.cancel()
      worn = undefined
      link?.disconnect(REMOTE_USER_TERMINATED)
      attached?.detach()
      attached = undefined
    },
  }
}
