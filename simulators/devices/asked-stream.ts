import type { Kind } from '../../device-drivers/reading.ts'
import type {
  AttachedPeripheral,
  CharacteristicDefinition,
  PeripheralDefinition,
  PeripheralLink,
} from '../bluetooth/peripheral.ts'
import { toHex } from '../encoders/byte-writer.ts'
import { type BleDevice, emissions, putOn, type Surroundings, type Values, type Worn } from './device.ts'
import { batteryService, deviceInformation } from './device-services.ts'
import { ADVERTISING_FLAGS, REMOTE_USER_TERMINATED } from './store-and-forward.ts'
import type { StreamOptions } from './stream.ts'

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

const WORN_MS = 20_000
const SETTLES_MS = 3_000
const ADVERTISING_INTERVAL_MS = 100
/** How long it is off before it hangs up. */
const FAREWELL_MS = 5_000
/** An ATT value at the default MTU of 23 (Core, Vol 3, Part F, 3.4.7.1). */
const ONE_NOTIFICATION = 20

export function createAskedStream(spec: AskedStream, options: StreamOptions, around: Surroundings): BleDevice {
  const made = emissions(around)
  const encrypted = (options.security ?? 'none') !== 'none'
  let attached: AttachedPeripheral | undefined
  let link: PeripheralLink | undefined
  let worn: Worn | undefined
  let ticking: { cancel(): void } | undefined
  let episode = 0
  let offSince = 0

  const stage: Stage = {
    get packet() {
      const settled = worn !== undefined && around.time.now() >= worn.since + (options.settlesMs ?? SETTLES_MS)
      return spec.encode(worn?.values, settled)
    },
    say(bytes) {
      for (let at = 0; at < bytes.length; at += ONE_NOTIFICATION) {
        link?.notify(spec.notify, bytes.slice(at, at + ONE_NOTIFICATION))
      }
    },
    started: false,
  }
  const tick = (): void => {
    const now = around.time.now()
    if (worn && now >= worn.until) {
      worn = undefined
      offSince = now
      attached?.stopAdvertising()
    }
    spec.second?.(stage)
    if (!worn && now >= offSince + FAREWELL_MS) {
      ticking = undefined
      link?.disconnect(REMOTE_USER_TERMINATED)
      return
    }
    ticking = around.time.setTimeout(tick, 1_000)
  }
  const written: readonly CharacteristicDefinition[] =
    spec.write === undefined
      ? []
      : [
          {
            uuid: spec.write,
            properties: ['write', 'write-without-response'],
            encrypted,
            onWrite: (bytes) => spec.hear?.(bytes, stage),
          },
        ]
  const definition: PeripheralDefinition = {
    address: options.address,
    addressType: options.addressType ?? 'public',
    ...(options.security ? { security: options.security } : {}),
    services: [
      {
        uuid: spec.service,
        characteristics: [...written, { uuid: spec.notify, properties: ['notify'], encrypted }],
      },
      deviceInformation({ manufacturer: 'Simulated', model: spec.model, serial: options.id, ...options.identity }),
      batteryService(() => options.batteryPercent ?? 90),
    ],
    advertising: () => ({
      intervalMs: options.advertisingIntervalMs ?? ADVERTISING_INTERVAL_MS,
      flags: ADVERTISING_FLAGS,
      name: options.name ?? spec.model,
      nameInScanResponse: true,
      services: [spec.service],
    }),
    onConnect: (opened) => {
      link = opened
    },
    onDisconnect: () => {
      link = undefined
      stage.started = false
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
        source: spec.notify,
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
