import { parseAclPacket } from './acl.ts'
import type { AdvertisingEvent } from './advertising.ts'
import { EVENT, eventPacket, LE_EVENT, leEventPacket, STATUS } from './hci.ts'
import { Link, type LinkHost, type LinkParameters } from './link.ts'
import { addressOctets, join, u16 } from './octets.ts'
import type { SimulatedTime } from './peripheral.ts'

export interface Wanted {
  readonly address: string
  readonly addressType: 'public' | 'random'
  readonly parameters: LinkParameters
}

export interface ConnectingOptions {
  readonly time: SimulatedTime
  readonly send: (event: Buffer) => void
  readonly fragmentLength: number
  readonly aclCount: number
  readonly maxLinks: number
}

interface Open {
  readonly link: Link
  readonly address: string
  readonly rssi: number
}

/** Connection handles go up to 0x0EFF (Core, Vol 4, Part E, 5.4.2); they start at a value real controllers use. */
const FIRST_HANDLE = 0x0040
const LAST_HANDLE = 0x0eff
/** Link type ACL in Data Buffer Overflow (Core, Vol 4, Part E, 7.7.26). */
const LINK_TYPE_ACL = 0x01

/** The initiating state (Core, Vol 6, Part B, 4.4.4) and the table of open links. */
export class Connecting {
  readonly #options: ConnectingOptions
  readonly #host: LinkHost
  readonly #open = new Map<number, Open>()
  #wanted: Wanted | undefined
  #lastHandle = FIRST_HANDLE - 1

  constructor(options: ConnectingOptions) {
    this.#options = options
    this.#host = {
      time: options.time,
      fragmentLength: options.fragmentLength,
      send: options.send,
      closed: (link) => this.#open.delete(link.handle),
    }
  }

  find(handle: number): Open | undefined {
    return this.#open.get(handle)
  }

  /** LE Create Connection: waits for the peer's next connectable advertisement, for ever if it must. */
  create(wanted: Wanted): number {
    if (this.#wanted !== undefined) return STATUS.disallowed
    if ([...this.#open.values()].some(({ address }) => address === wanted.address)) return STATUS.connectionExists
    if (this.#open.size >= this.#options.maxLinks) return STATUS.connectionLimit
    this.#wanted = wanted
    return STATUS.success
  }

  /** LE Create Connection Cancel. @returns what was given up */
  cancel(): Wanted | undefined {
    const given = this.#wanted
    this.#wanted = undefined
    return given
  }

  reportCancelled(wanted: Wanted): void {
    this.#complete(STATUS.unknownConnection, 0, wanted)
  }

  /** @returns the new link when the host wanted this advertiser; its LE Connection Complete is not sent yet */
  hear(event: AdvertisingEvent): { link: Link; announce: () => void } | undefined {
    const wanted = this.#wanted
    if (wanted === undefined || !event.connectable) return undefined
    if (wanted.address !== event.address || wanted.addressType !== event.addressType) return undefined
    this.#wanted = undefined
    const link = new Link(this.#nextHandle(), wanted.parameters, this.#host)
    this.#open.set(link.handle, { link, address: wanted.address, rssi: event.rssi })
    return { link, announce: () => this.#complete(STATUS.success, link.handle, wanted) }
  }

  /** ACL data from the host. Data for a link that has just ended is dropped, as its credits were with the link. */
  receive(octets: Uint8Array): void {
    const packet = parseAclPacket(octets)
    const open = packet && this.#open.get(packet.handle)
    if (!packet || !open) return
    const held = [...this.#open.values()].reduce((sum, { link }) => sum + link.heldPackets, 0)
    if (held >= this.#options.aclCount) {
      this.#options.send(eventPacket(EVENT.dataBufferOverflow, Uint8Array.of(LINK_TYPE_ACL)))
      return
    }
    open.link.receive(packet)
  }

  /** Drops everything without a word to the host: reset, power off, or the host is gone. */
  reset(): void {
    this.#wanted = undefined
    for (const { link } of [...this.#open.values()]) link.abandon()
  }

  #nextHandle(): number {
    do {
      this.#lastHandle = this.#lastHandle >= LAST_HANDLE ? FIRST_HANDLE : this.#lastHandle + 1
    } while (this.#open.has(this.#lastHandle))
    return this.#lastHandle
  }

  /** LE Connection Complete (Core, Vol 4, Part E, 7.7.65.1), in the role of central. */
  #complete(status: number, handle: number, { address, addressType, parameters }: Wanted): void {
    const role = 0x00
    const clockAccuracy = 0x00
    this.#options.send(
      leEventPacket(
        LE_EVENT.connectionComplete,
        join(
          status,
          u16(handle),
          role,
          addressType === 'random' ? 0x01 : 0x00,
          addressOctets(address),
          u16(parameters.interval),
          u16(parameters.latency),
          u16(parameters.supervisionTimeout),
          clockAccuracy,
        ),
      ),
    )
  }
}
