import type { Socket } from 'node:net'

/**
 * aedes has no limit on packet size, not even before authentication: four unauthenticated sockets that each announced a
 * CONNECT of 256 MB took 605 MB (measured with aedes 1.2.0). This guard reads nothing but the fixed header (MQTT 3.1.1,
 * 2.2) of each packet and cuts the connection before the body is buffered.
 */

/** A CONNECT with client id, will, account and password of the house stays below 700 bytes. */
export const MAX_BYTES_BEFORE_CONNECT = 2 * 1024
/** 25 readings with their raw packets are about 30 kB; a hub keeps its messages below 64 kB. */
export const MAX_BYTES_OF_HUB = 256 * 1024
/** A client only subscribes and acknowledges: 30 filters of the longest kind. */
export const MAX_BYTES_OF_CLIENT = 4 * 1024

const CONNECT = 1
/** MQTT 3.1.1, 2.2.3: at most four bytes of remaining length. */
const MAX_LENGTH_BYTES = 4

export type Violation = 'packet-too-large' | 'remaining-length-malformed' | 'packet-type-reserved' | 'connect-expected'

export interface PacketGuard {
  /** Looks at received bytes. A violation is final: the connection must be cut. */
  check(chunk: Uint8Array): Violation | undefined
  /** CONNECT was accepted: from the next packet on up to `maxBytes` of remaining length. */
  admit(maxBytes: number): void
}

/** A guard for the bytes of one connection. */
export function packetGuard(maxBytesBeforeConnect: number = MAX_BYTES_BEFORE_CONNECT): PacketGuard {
  let limit = maxBytesBeforeConnect
  let state: 'type' | 'length' | 'body' = 'type'
  let first = true
  let remaining = 0
  let lengthBytes = 0

  function startPacket(header: number): Violation | undefined {
    const type = header >> 4
    if (first && type !== CONNECT) return 'connect-expected'
    if (type === 0 || type === 15) return 'packet-type-reserved'
    first = false
    state = 'length'
    remaining = 0
    lengthBytes = 0
    return undefined
  }

  function lengthByte(byte: number): Violation | undefined {
    remaining += (byte & 0x7f) * 128 ** lengthBytes
    lengthBytes += 1
    if (remaining > limit) return 'packet-too-large'
    if ((byte & 0x80) === 0) state = remaining === 0 ? 'type' : 'body'
    else if (lengthBytes === MAX_LENGTH_BYTES) return 'remaining-length-malformed'
    return undefined
  }

  function check(chunk: Uint8Array): Violation | undefined {
    let at = 0
    while (at < chunk.length) {
      if (state === 'body') {
        const taken = Math.min(remaining, chunk.length - at)
        at += taken
        remaining -= taken
        if (remaining === 0) state = 'type'
        continue
      }
      const byte = chunk[at] ?? 0
      at += 1
      const violation = state === 'type' ? startPacket(byte) : lengthByte(byte)
      if (violation !== undefined) return violation
    }
    return undefined
  }

  return {
    check,
    admit(maxBytes) {
      limit = maxBytes
    },
  }
}

/**
 * Puts a guard before everything that reads `socket`: `push` is where Node's socket hands received bytes to its readers
 * (Readable.push), so nothing refused is ever buffered. A violation destroys the socket.
 */
export function guardSocket(socket: Socket, onViolation: (violation: Violation) => void): PacketGuard {
  const guard = packetGuard()
  const push = socket.push.bind(socket)
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    const violation = chunk instanceof Uint8Array ? guard.check(chunk) : undefined
    if (violation === undefined) return push(chunk, encoding)
    onViolation(violation)
    socket.destroy()
    return false
  }
  return guard
}
