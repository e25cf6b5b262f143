import { PreCareError } from '../../device-drivers/errors.ts'
import { ATT_MTU_MIN } from './att.ts'
import { type AttFault, AttServer } from './att-server.ts'
import type { GattDatabase } from './gatt-database.ts'
import { STATUS } from './hci.ts'
import { CID_ATT, CID_SMP } from './l2cap.ts'
import type { Link, LinkUser } from './link.ts'
import type { PeripheralDefinition, PeripheralLink, SimulatedTime } from './peripheral.ts'
import type { RandomOctets } from './random.ts'
import { type Bond, SmpResponder } from './smp.ts'

export interface PeripheralEndOptions {
  readonly definition: PeripheralDefinition
  readonly database: GattDatabase
  readonly bonding: { bond: Bond | undefined }
  readonly central: string
  readonly time: SimulatedTime
  readonly random: RandomOctets
  readonly attFault: AttFault | undefined
  readonly ended: (reason: number) => void
}

/** The peripheral's host on one link: ATT and SMP on their channels, and what its device may do with the link. */
export class PeripheralEnd implements PeripheralLink, LinkUser {
  readonly #link: Link
  readonly #att: AttServer
  readonly #smp: SmpResponder
  readonly #ended: (reason: number) => void

  constructor(link: Link, options: PeripheralEndOptions) {
    const { definition, time, random } = options
    this.#link = link
    this.#ended = options.ended
    this.#att = new AttServer({
      database: options.database,
      link: this,
      mtu: definition.mtu ?? ATT_MTU_MIN,
      time,
      fault: options.attFault,
      send: (pdu) => link.send(CID_ATT, pdu),
    })
    this.#smp = new SmpResponder({
      policy: definition.security ?? 'none',
      random,
      central: options.central,
      peripheral: definition,
      bonding: options.bonding,
      send: (pdu) => link.send(CID_SMP, pdu),
    })
    link.use(this)
  }

  get encrypted(): boolean {
    return this.#link.encrypted
  }

  get mtu(): number {
    return this.#att.mtu
  }

  /** Fault: the controller keeps the host's packets for this link and their credits; see {@link Link.stalled}. */
  get stalled(): boolean {
    return this.#link.stalled
  }

  set stalled(stalled: boolean) {
    this.#link.stalled = stalled
  }

  notify(characteristic: string, bytes: Uint8Array): boolean {
    return this.#att.push.notify(characteristic, bytes)
  }

  indicate(characteristic: string, bytes: Uint8Array): Promise<void> {
    return this.#att.push.indicate(characteristic, bytes)
  }

  /** Sends a Security Request, as devices do that want an encrypted link before they talk. */
  requestSecurity(): void {
    this.#smp.requestSecurity()
  }

  disconnect(reason: number = STATUS.remoteUserTerminated): void {
    this.#link.end(reason, reason === STATUS.remoteUserTerminated ? STATUS.localHostTerminated : reason)
  }

  /** Internal to the link layer, as are the three below. Other channels have no user here and are dropped. */
  received(cid: number, payload: Buffer): void {
    if (cid === CID_ATT) this.#att.receive(payload)
    else if (cid === CID_SMP) this.#smp.receive(payload)
  }

  keyFor(ediv: number, rand: Uint8Array): Uint8Array | undefined {
    return this.#smp.keyFor(ediv, rand)
  }

  encryptionStarted(): void {
    this.#smp.encrypted()
    const bond = this.#smp.bondInUse
    if (bond !== undefined) this.#att.keepConfigurationsIn(bond.cccds)
  }

  ended(reason: number): void {
    this.#att.end(new PreCareError('link-lost', `the link ended with reason 0x${reason.toString(16)}`))
    this.#ended(reason)
  }
}
