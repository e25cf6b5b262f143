import { type AclPacket, aclFragments, Recombination } from './acl.ts'
import { EVENT, eventPacket, STATUS } from './hci.ts'
import { l2capFrame } from './l2cap.ts'
import { join, u16 } from './octets.ts'
import type { SimulatedTime } from './peripheral.ts'

/** Connection parameters in the units of HCI (Core, Vol 4, Part E, 7.8.12). */
export interface LinkParameters {
  /** x 1.25 ms */
  readonly interval: number
  readonly latency: number
  /** x 10 ms */
  readonly supervisionTimeout: number
}

/** What stands on the peripheral's end of the link. */
export interface LinkUser {
  received(cid: number, payload: Buffer): void
  /** The key for this diversifier and number; undefined when there is none. */
  keyFor(ediv: number, rand: Uint8Array): Uint8Array | undefined
  encryptionStarted(): void
  ended(reason: number): void
}

export interface LinkHost {
  readonly time: SimulatedTime
  send(packet: Buffer): void
  /** Longest ACL payload towards the host. */
  readonly fragmentLength: number
  closed(link: Link): void
}

/** One connection in the link layer (Core, Vol 6, Part B, 4.5), between the host's HCI and the peripheral's L2CAP. */
export class Link {
  readonly handle: number
  parameters: LinkParameters
  #user: LinkUser | undefined
  readonly #host: LinkHost
  readonly #recombination = new Recombination()
  /** From the host, not yet delivered and therefore not yet credited. */
  #held: AclPacket[] = []
  /** From the peripheral while it is out of range: the link layer repeats until it is heard or the link is lost. */
  #unheard: Buffer[] = []
  #stalled = false
  #encrypted = false
  #ended = false
  #supervision: { cancel(): void } | undefined

  constructor(handle: number, parameters: LinkParameters, host: LinkHost) {
    this.handle = handle
    this.parameters = parameters
    this.#host = host
  }

  use(user: LinkUser): void {
    this.#user = user
  }

  get encrypted(): boolean {
    return this.#encrypted
  }

  get ended(): boolean {
    return this.#ended
  }

  /** ACL packets of the host that wait in the controller. */
  get heldPackets(): number {
    return this.#held.length
  }

  /** Fault: the controller takes packets for this link but neither sends them nor gives their credits back. */
  get stalled(): boolean {
    return this.#stalled
  }

  set stalled(stalled: boolean) {
    this.#stalled = stalled
    this.#drain()
  }

  /** Out of range nothing passes in either direction, and the supervision timeout runs (Core, Vol 6, Part B, 4.5.2). */
  set inRange(inRange: boolean) {
    if (this.#ended || inRange === (this.#supervision === undefined)) return
    if (inRange) {
      this.#supervision?.cancel()
      this.#supervision = undefined
      for (const packet of this.#unheard.splice(0)) this.#host.send(packet)
      this.#drain()
    } else {
      this.#supervision = this.#host.time.setTimeout(
        () => this.end(STATUS.connectionTimeout, STATUS.connectionTimeout),
        this.parameters.supervisionTimeout * 10,
      )
    }
  }

  receive(packet: AclPacket): void {
    this.#held.push(packet)
    this.#drain()
  }

  send(cid: number, payload: Uint8Array): void {
    if (this.#ended) return
    const packets = aclFragments(this.handle, l2capFrame(cid, payload), this.#host.fragmentLength)
    if (this.#supervision !== undefined) this.#unheard.push(...packets)
    else for (const packet of packets) this.#host.send(packet)
  }

  /**
   * The encryption start procedure (Core, Vol 6, Part B, 5.1.3.1). A peripheral without the key rejects it and the link
   * stays; one with another key cannot decrypt the first packet and the link falls.
   */
  encrypt(ediv: number, rand: Uint8Array, key: Uint8Array): void {
    const expected = this.#user?.keyFor(ediv, rand)
    if (expected === undefined) {
      this.#encryptionChange(STATUS.keyMissing)
    } else if (!Buffer.from(expected).equals(key)) {
      this.end(STATUS.micFailure, STATUS.micFailure)
    } else {
      if (this.#encrypted) this.#keyRefreshed()
      else this.#encryptionChange(STATUS.success)
      this.#encrypted = true
      this.#user?.encryptionStarted()
    }
  }

  /** Ends the link: the host is told `hostReason`, the peripheral `peripheralReason`. */
  end(hostReason: number, peripheralReason: number): void {
    if (this.#ended) return
    this.#close()
    this.#host.send(eventPacket(EVENT.disconnection, join(STATUS.success, u16(this.handle), hostReason)))
    this.#user?.ended(peripheralReason)
  }

  /** The controller is gone: the host hears nothing, the peripheral misses its packets. */
  abandon(): void {
    if (this.#ended) return
    this.#close()
    this.#user?.ended(STATUS.connectionTimeout)
  }

  #close(): void {
    this.#ended = true
    this.#supervision?.cancel()
    this.#held = []
    this.#unheard = []
    this.#host.closed(this)
  }

  #drain(): void {
    while (!this.#stalled && this.#supervision === undefined && !this.#ended) {
      const packet = this.#held.shift()
      if (packet === undefined) return
      this.#host.send(eventPacket(EVENT.completedPackets, join(1, u16(this.handle), u16(1))))
      const pdu = this.#recombination.push(packet)
      if (pdu !== undefined) this.#user?.received(pdu.cid, pdu.payload)
    }
  }

  #keyRefreshed(): void {
    this.#host.send(eventPacket(EVENT.encryptionKeyRefresh, join(STATUS.success, u16(this.handle))))
  }

  #encryptionChange(status: number): void {
    const enabled = status === STATUS.success ? 0x01 : 0x00
    this.#host.send(eventPacket(EVENT.encryptionChange, join(status, u16(this.handle), enabled)))
  }
}
