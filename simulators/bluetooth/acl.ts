import { PACKET_ACL } from './hci.ts'
import { L2CAP_HEADER, type L2capPdu, parseL2capFrame } from './l2cap.ts'
import { join, u16, view } from './octets.ts'

/** Packet boundary flags of HCI ACL data (Core, Vol 4, Part E, 5.4.2). */
const CONTINUING = 0x01
/** From controller to host a first fragment is always "automatically flushable"; noble ignores any other value. */
const FIRST_TO_HOST = 0x02

export interface AclPacket {
  readonly handle: number
  readonly continuing: boolean
  readonly data: Buffer
}

/** @returns undefined for a packet shorter than its header says */
export function parseAclPacket(octets: Uint8Array): AclPacket | undefined {
  const packet = view(octets)
  if (packet.length < 5) return undefined
  const first = packet.readUInt16LE(1)
  const end = 5 + packet.readUInt16LE(3)
  if (packet.length < end) return undefined
  return {
    handle: first & 0x0fff,
    continuing: ((first >>> 12) & 0b11) === CONTINUING,
    data: packet.subarray(5, end),
  }
}

/**
 * Cuts an L2CAP frame into ACL packets for the host.
 * @param length longest payload; at least the L2CAP header goes into the first fragment, which hosts take for granted
 */
export function aclFragments(handle: number, frame: Uint8Array, length: number): Buffer[] {
  const step = Math.max(length, L2CAP_HEADER)
  const packets: Buffer[] = []
  for (let from = 0; from < frame.length; from += step) {
    const part = frame.subarray(from, from + step)
    const flags = from === 0 ? FIRST_TO_HOST : CONTINUING
    packets.push(join(PACKET_ACL, u16(handle | (flags << 12)), u16(part.length), part))
  }
  return packets
}

/** Puts the fragments of one link together again (Core, Vol 3, Part A, 7.2.2). */
export class Recombination {
  #pending: Buffer = Buffer.alloc(0)

  /** @returns the PDU that this packet completes; a first fragment discards what was incomplete before it */
  push(packet: AclPacket): L2capPdu | undefined {
    this.#pending = packet.continuing ? join(this.#pending, packet.data) : join(packet.data)
    const pdu = parseL2capFrame(this.#pending)
    if (pdu !== undefined) this.#pending = Buffer.alloc(0)
    return pdu
  }
}
