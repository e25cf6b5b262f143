import type { Kind } from '../../device-drivers/reading.ts'
import type { AdvertisingDefinition, CharacteristicDefinition, PeripheralLink } from '../bluetooth/peripheral.ts'
import { toHex } from '../encoders/byte-writer.ts'
import { type BleDevice, emissions, putOn, type Surroundings, type Values, type Worn } from './device.ts'
import { standardServices } from './device-services.ts'
import { createGapPeripheral, type PeripheralOptions } from './gap-peripheral.ts'

/** A device that measures while it is worn: it can be found so long, and hangs up some seconds after it is taken off. */

export interface WornOptions extends PeripheralOptions {
  /** How long it is worn after `measure`. */
  readonly wornMs?: number
  /** How long its values are not to be trusted yet. */
  readonly settlesMs?: number
}

/** What it sees at this moment, and whom it can tell. */
export interface Sight {
  readonly packet: Uint8Array
  readonly link: PeripheralLink | undefined
}

interface WornDevice {
  readonly kind: Kind
  readonly service: string
  readonly model: string
  /** The characteristic that its values come by. */
  readonly source: string
  readonly characteristics: readonly CharacteristicDefinition[]
  /** What its advertisement says besides. @param values undefined: not worn */
  readonly advertisement?: (values: Values | undefined) => Partial<AdvertisingDefinition>
  /** Seconds from being taken off to hanging up. */
  readonly farewellS: number
  /** One packet; `values` undefined: not worn any more. */
  encode(values: Values | undefined, settled: boolean): Uint8Array
  /** Called each second, with or without a link. @param offS seconds since it was taken off; undefined: worn */
  second(offS: number | undefined): void
  onDisconnect?(): void
}

const WORN_MS = 20_000
const SETTLES_MS = 3_000

export function createWornDevice(
  describe: (sight: Sight) => WornDevice,
  options: WornOptions,
  around: Surroundings,
): BleDevice {
  const made = emissions(around)
  let worn: Worn | undefined
  let offS: number | undefined
  let ticking: { cancel(): void } | undefined
  let episode = 0

  const advertise = (): void => {
    if (worn && !peripheral.link) peripheral.startAdvertising()
  }
  const spec = describe({
    get packet() {
      const settled = worn !== undefined && around.time.now() >= worn.since + (options.settlesMs ?? SETTLES_MS)
      return spec.encode(worn?.values, settled)
    },
    get link() {
      return peripheral.link
    },
  })
  const tick = (): void => {
    if (worn && around.time.now() >= worn.until) {
      worn = undefined
      offS = 0
      peripheral.stopAdvertising()
    } else offS = worn ? undefined : (offS ?? 0) + 1
    spec.second(offS)
    if (offS !== undefined && offS >= spec.farewellS) {
      ticking = undefined
      peripheral.hangUp()
    } else ticking = around.time.setTimeout(tick, 1_000)
  }
  const peripheral = createGapPeripheral(
    {
      name: spec.model,
      service: spec.service,
      services: [
        { uuid: spec.service, characteristics: spec.characteristics },
        ...standardServices(options, spec.model),
      ],
      advertisement: () => spec.advertisement?.(worn?.values) ?? {},
      onAttached: advertise,
      onDisconnect: () => {
        spec.onDisconnect?.()
        advertise()
      },
    },
    options,
  )

  return {
    id: options.id,
    definition: peripheral.definition,
    emitted: made.list,
    attachTo: peripheral.attachTo,
    /** Puts it on; measuring again while it is worn only changes what it sees. */
    measure(values, act = {}) {
      const hex = toHex(spec.encode(values, true))
      worn = putOn(worn, values, around.time.now(), options.wornMs ?? WORN_MS)
      ticking ??= around.time.setTimeout(tick, 0)
      advertise()
      episode += 1
      return made.add({
        key: `${options.id}/${hex}/${episode}`,
        device: options.id,
        kind: spec.kind,
        source: spec.source,
        hex,
        values,
        at: act.at ?? around.wallNow(),
        delivery: 'live',
      })
    },
    changeBattery: peripheral.forgetBond,
    close() {
      ticking?.cancel()
      worn = undefined
      peripheral.close()
    },
  }
}
