import { Advertiser, type AdvertisingEvent } from './advertising.ts'
import type { AttFault } from './att-server.ts'
import { type GattDatabase, gattDatabase } from './gatt-database.ts'
import type { Link } from './link.ts'
import type { AttachedPeripheral, PeripheralDefinition, SimulatedTime } from './peripheral.ts'
import { PeripheralEnd } from './peripheral-end.ts'
import type { RandomOctets } from './random.ts'
import type { Bond } from './smp.ts'

/** What can be made to go wrong at one peripheral. */
export interface PeripheralFaults {
  readonly attFault?: AttFault
}

/** What a controller gives its peripherals. */
export interface Air {
  readonly time: SimulatedTime
  readonly random: RandomOctets
  /** Address of the central. */
  readonly central: string
  transmit(peripheral: VirtualPeripheral, event: AdvertisingEvent): void
  leave(peripheral: VirtualPeripheral): void
}

/** One peripheral within reach of a controller: advertising, at most one link, and its bond. */
export class VirtualPeripheral implements AttachedPeripheral {
  readonly definition: PeripheralDefinition
  readonly #air: Air
  readonly #faults: PeripheralFaults
  readonly #advertiser: Advertiser
  readonly #database: GattDatabase
  readonly #bonding: { bond: Bond | undefined } = { bond: undefined }
  #end: PeripheralEnd | undefined
  #link: Link | undefined
  #inRange = true

  constructor(definition: PeripheralDefinition, air: Air, faults: PeripheralFaults) {
    this.definition = definition
    this.#air = air
    this.#faults = faults
    this.#database = gattDatabase(definition.services)
    this.#advertiser = new Advertiser(definition, air.time, air.random, (event) => {
      if (this.#inRange) air.transmit(this, event)
    })
  }

  get link(): PeripheralEnd | undefined {
    return this.#end
  }

  /** Fault of the air: out of range it is not heard, and its link dies with the supervision timeout. */
  get inRange(): boolean {
    return this.#inRange
  }

  set inRange(inRange: boolean) {
    this.#inRange = inRange
    if (this.#link !== undefined) this.#link.inRange = inRange
  }

  get isBonded(): boolean {
    return this.#bonding.bond !== undefined
  }

  startAdvertising(durationMs?: number): void {
    this.#advertiser.start(durationMs)
  }

  stopAdvertising(): void {
    this.#advertiser.stop()
  }

  forgetBond(): void {
    this.#bonding.bond = undefined
  }

  detach(): void {
    this.stopAdvertising()
    this.inRange = false
    this.#air.leave(this)
  }

  /**
   * The controller connected. Advertising ends with it (Core, Vol 6, Part B, 4.4.2.3).
   * @param announce tells the host; the device hears of the link afterwards
   */
  connected(link: Link, announce: () => void): void {
    this.stopAdvertising()
    const { central, time, random } = this.#air
    const end = new PeripheralEnd(link, {
      definition: this.definition,
      database: this.#database,
      bonding: this.#bonding,
      central,
      time,
      random,
      attFault: this.#faults.attFault,
      ended: (reason) => {
        this.#end = undefined
        this.#link = undefined
        this.definition.onDisconnect?.(reason)
      },
    })
    this.#end = end
    this.#link = link
    announce()
    this.definition.onConnect?.(end)
  }
}
