import { PreCareError } from '../../device-drivers/errors.ts'
import { ATT, ATT_TIMEOUT_MS } from './att.ts'
import type { AttSession } from './att-session.ts'
import { CCCD_INDICATE, CCCD_NOTIFY } from './att-writing.ts'
import { type CharacteristicHandles, findCharacteristic } from './gatt-database.ts'
import { join, u16 } from './octets.ts'
import type { SimulatedTime } from './peripheral.ts'

interface Indication {
  readonly pdu: Buffer
  readonly resolve: () => void
  readonly reject: (error: PreCareError) => void
}

/** Server-initiated PDUs (Core, Vol 3, Part F, 3.4.7): notifications freely, indications one at a time. */
export class AttPush {
  readonly #session: AttSession
  readonly #time: SimulatedTime
  readonly #send: (pdu: Buffer) => void
  #queue: Indication[] = []
  #timeout: { cancel(): void } | undefined
  /** Set once nothing may be sent any more: the link is gone, or a confirmation never came (3.3.3). */
  #over: PreCareError | undefined

  constructor(session: AttSession, time: SimulatedTime, send: (pdu: Buffer) => void) {
    this.#session = session
    this.#time = time
    this.#send = send
  }

  /** @throws PreCareError characteristic-missing when the device has no such characteristic */
  notify(uuid: string, bytes: Uint8Array): boolean {
    const found = this.#find(uuid)
    if (this.#over !== undefined || !this.#isSubscribed(found, CCCD_NOTIFY)) return false
    this.#send(this.#pdu(ATT.notification, found, bytes))
    return true
  }

  /** @throws PreCareError characteristic-missing, device-refused (nobody subscribed), link-lost or operation-timeout */
  async indicate(uuid: string, bytes: Uint8Array): Promise<void> {
    const found = this.#find(uuid)
    if (this.#over !== undefined) throw this.#over
    if (!this.#isSubscribed(found, CCCD_INDICATE)) {
      throw new PreCareError('device-refused', `nobody subscribed to indications of ${uuid}`)
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#queue.push({ pdu: this.#pdu(ATT.indication, found, bytes), resolve, reject })
    if (this.#queue.length === 1) this.#sendNext()
    return promise
  }

  confirmed(): void {
    this.#timeout?.cancel()
    this.#timeout = undefined
    this.#queue.shift()?.resolve()
    this.#sendNext()
  }

  end(reason: PreCareError): void {
    this.#over ??= reason
    this.#timeout?.cancel()
    for (const indication of this.#queue.splice(0)) indication.reject(reason)
  }

  #sendNext(): void {
    const next = this.#queue[0]
    if (next === undefined) return
    this.#timeout = this.#time.setTimeout(
      () => this.end(new PreCareError('operation-timeout', 'the central did not confirm an indication')),
      ATT_TIMEOUT_MS,
    )
    this.#send(next.pdu)
  }

  #find(uuid: string): CharacteristicHandles {
    const found = findCharacteristic(this.#session.database, uuid)
    if (found === undefined) throw new PreCareError('characteristic-missing', `the device has no ${uuid}`)
    return found
  }

  #isSubscribed({ cccd }: CharacteristicHandles, bit: number): boolean {
    return cccd !== undefined && ((this.#session.cccds.get(cccd) ?? 0) & bit) !== 0
  }

  #pdu(opcode: number, { value }: CharacteristicHandles, bytes: Uint8Array): Buffer {
    return join(opcode, u16(value), bytes.subarray(0, this.#session.mtu - 3))
  }
}
