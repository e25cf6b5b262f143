import { PreCareError } from '../../device-drivers/errors.ts'
import { PACKET_ACL, PACKET_COMMAND, PACKET_EVENT } from './hci.ts'
import { join } from './octets.ts'

/** Cuts a byte stream into HCI packets (Core, Vol 4, Part A: UART transport, "H4"). */
export class H4Reader {
  #pending: Buffer = Buffer.alloc(0)

  /**
   * @returns the packets that `chunk` completes, each in memory of its own
   * @throws PreCareError packet-malformed at an unknown packet type: the stream cannot be read any further (Part A, 4)
   */
  push(chunk: Uint8Array): Buffer[] {
    this.#pending = join(this.#pending, chunk)
    const packets: Buffer[] = []
    for (let length = packetLength(this.#pending); length !== undefined; length = packetLength(this.#pending)) {
      packets.push(join(this.#pending.subarray(0, length)))
      this.#pending = this.#pending.subarray(length)
    }
    return packets
  }
}

/**
 * Reads a chunk from a socket. A peer out of step with the framing is hung up on: it connects again and starts afresh.
 */
export function readPackets(
  reader: H4Reader,
  chunk: Uint8Array,
  socket: { destroy(error?: Error): unknown },
): Buffer[] {
  try {
    return reader.push(chunk)
  } catch (error) {
    socket.destroy(error instanceof Error ? error : undefined)
    return []
  }
}

/** @returns length of the first packet with its type octet; undefined while it is incomplete */
function packetLength(octets: Buffer): number | undefined {
  const type = octets[0]
  if (type === undefined) return undefined
  const header = HEADERS.get(type)
  if (header === undefined) throw new PreCareError('packet-malformed', `H4 knows no packet type ${type}`)
  if (octets.length < header.length) return undefined
  const length = header.length + header.payload(octets)
  return octets.length < length ? undefined : length
}

/** Type octet and header, and where the header says how much follows (Part E, 5.4). */
const HEADERS: ReadonlyMap<number, { readonly length: number; payload(octets: Buffer): number }> = new Map([
  [PACKET_COMMAND, { length: 4, payload: (octets: Buffer) => octets.readUInt8(3) }],
  [PACKET_ACL, { length: 5, payload: (octets: Buffer) => octets.readUInt16LE(3) }],
  [PACKET_EVENT, { length: 3, payload: (octets: Buffer) => octets.readUInt8(2) }],
])
