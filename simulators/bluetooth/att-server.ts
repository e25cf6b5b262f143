import type { PreCareError } from '../../device-drivers/errors.ts'
import { ATT, ATT_ERROR, ATT_MTU_MIN, type AttAnswer, attError, isCommand } from './att.ts'
import { findInformation, readByGroup, readByType } from './att-discovery.ts'
import { AttPush } from './att-push.ts'
import { read, readBlob } from './att-reading.ts'
import type { AttSession } from './att-session.ts'
import { executeWrite, prepareWrite, write, writeCommand } from './att-writing.ts'
import type { GattDatabase } from './gatt-database.ts'
import { join, u16 } from './octets.ts'
import type { PeripheralLink, SimulatedTime } from './peripheral.ts'

/**
 * Fault of the ATT server, asked for each PDU before it is looked at.
 * @returns 'drop' to be deaf to it, octets to answer instead of the server, undefined to let it pass
 */
export type AttFault = (pdu: Uint8Array, link: PeripheralLink) => 'drop' | Uint8Array | undefined

interface Request {
  /** PDU lengths that are allowed; anything else is an invalid PDU. */
  readonly isLength: (length: number) => boolean
  readonly answer: (session: AttSession, pdu: Buffer) => AttAnswer
}

const exactly = (length: number) => (actual: number) => actual === length
const atLeast = (length: number) => (actual: number) => actual >= length
/** Opcode, two handles and a UUID of 2 or 16 octets. */
const withType = (actual: number) => actual === 7 || actual === 21
const plain =
  (answer: (session: AttSession, pdu: Buffer) => Buffer): Request['answer'] =>
  (session, pdu) => ({ pdu: answer(session, pdu) })

const REQUESTS: ReadonlyMap<number, Request> = new Map([
  [ATT.findInformationRequest, { isLength: exactly(5), answer: plain(findInformation) }],
  [ATT.readByTypeRequest, { isLength: withType, answer: plain(readByType) }],
  [ATT.readRequest, { isLength: exactly(3), answer: plain(read) }],
  [ATT.readBlobRequest, { isLength: exactly(5), answer: plain(readBlob) }],
  [ATT.readByGroupRequest, { isLength: withType, answer: plain(readByGroup) }],
  [ATT.writeRequest, { isLength: atLeast(3), answer: write }],
  [ATT.prepareWriteRequest, { isLength: atLeast(5), answer: plain(prepareWrite) }],
  [ATT.executeWriteRequest, { isLength: exactly(2), answer: executeWrite }],
])

export interface AttServerOptions {
  readonly database: GattDatabase
  readonly link: PeripheralLink
  /** MTU the server offers. */
  readonly mtu: number
  readonly time: SimulatedTime
  readonly fault: AttFault | undefined
  send(pdu: Uint8Array): void
}

/** The attribute server on one link (Core, Vol 3, Part F). */
export class AttServer {
  readonly push: AttPush
  readonly #session: AttSession
  readonly #options: AttServerOptions

  constructor(options: AttServerOptions) {
    this.#options = options
    const { database, link } = options
    this.#session = { database, link, mtu: ATT_MTU_MIN, cccds: new Map(), prepared: [] }
    this.push = new AttPush(this.#session, options.time, (pdu) => options.send(pdu))
  }

  get mtu(): number {
    return this.#session.mtu
  }

  /** From now on the configurations live in the bond; those already written on this link go into it. */
  keepConfigurationsIn(bonded: Map<number, number>): void {
    for (const [handle, bits] of this.#session.cccds) bonded.set(handle, bits)
    this.#session.cccds = bonded
  }

  receive(pdu: Buffer): void {
    const fault = this.#options.fault?.(pdu, this.#options.link)
    const opcode = pdu[0]
    if (fault === 'drop' || opcode === undefined) return
    if (fault !== undefined) {
      this.#options.send(fault)
    } else if (opcode === ATT.confirmation) {
      this.push.confirmed()
    } else if (isCommand(opcode)) {
      if (opcode === ATT.writeCommand && pdu.length >= 3) writeCommand(this.#session, pdu)
    } else {
      const answer = this.#answer(opcode, pdu)
      this.#options.send(answer.pdu)
      answer.after?.()
    }
  }

  end(reason: PreCareError): void {
    this.push.end(reason)
  }

  #answer(opcode: number, pdu: Buffer): AttAnswer {
    if (opcode === ATT.mtuRequest && pdu.length === 3) return this.#exchangeMtu(pdu.readUInt16LE(1))
    const request = REQUESTS.get(opcode)
    if (request === undefined) {
      const code = opcode === ATT.mtuRequest ? ATT_ERROR.invalidPdu : ATT_ERROR.requestNotSupported
      return { pdu: attError(opcode, 0, code) }
    }
    if (!request.isLength(pdu.length)) return { pdu: attError(opcode, 0, ATT_ERROR.invalidPdu) }
    return request.answer(this.#session, pdu)
  }

  /** The answer gives the server's own maximum; the smaller of both counts, after the answer (3.4.2.2). */
  #exchangeMtu(offered: number): AttAnswer {
    const own = Math.max(ATT_MTU_MIN, this.#options.mtu)
    return {
      pdu: join(ATT.mtuResponse, u16(own)),
      after: () => {
        this.#session.mtu = Math.max(ATT_MTU_MIN, Math.min(own, offered))
      },
    }
  }
}
