import { createHash } from 'node:crypto'
import type { Declaration, Measurement, Packet } from './driver.ts'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** RFC 4648 base32, lower case, of the first 20 bytes: 32 characters. */
function base32(bytes: Uint8Array): string {
  let bits = 0
  let held = 0
  let text = ''
  for (const byte of bytes.subarray(0, 20)) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      text += BASE32[(held >>> (bits - 5)) & 31]
      bits -= 5
    }
    held &= (1 << bits) - 1
  }
  return text
}

/**
 * The device itself tells two records apart: by a record number, or by its own time. A clock that was never set only
 * counts when the device keeps records, because then the same record can come again.
 */
export function hasOwnIdentity(about: Declaration, m: Measurement): boolean {
  if (m.sequence !== undefined) return true
  if (m.deviceTime === undefined) return false
  return m.clockUnset !== true || about.storedRecords !== 'none'
}

/**
 * Stable id of a reading: device identity, kind, the device's own record number or own uncorrected
 * time, and the record's bytes. The hub's clock is no part of it. Only where the device gives neither number nor time
 * does `occasion` (boot id, visit and position: unique at this hub) tell two equal packets apart.
 */
export function readingId(input: {
  readonly device: string
  readonly about: Declaration
  readonly measurement: Measurement
  /** First packet of the record; context packets may come or not and are no part of the identity. */
  readonly packet: Packet
  /** Position among the measurements of this record (several records in one notification). */
  readonly index: number
  readonly occasion: string
}): string {
  const { measurement: m } = input
  const own = hasOwnIdentity(input.about, m) ? ['own', m.sequence ?? '', m.deviceTime ?? ''] : ['heard', input.occasion]
  const hash = createHash('sha256')
  hash.update([input.device, m.kind, input.packet.source, input.index, ...own].join('|'))
  hash.update('|')
  hash.update(input.packet.bytes)
  return base32(hash.digest())
}
