import { createHash } from 'node:crypto'
import type { Declaration, Measurement, Packet } from './driver.ts'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const ID_CHARS = 32
/** 80 bits tell visits apart, 30 count records in a visit, and 50 tell apart what one record brings. */
const VISIT_CHARS = 16
const POSITION_CHARS = 6
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

/** Base32's characters as digits in their own order, so that a later position is a greater text. */
const DIGITS = [...BASE32].sort()

function ordered(position: number): string {
  let text = ''
  for (let rest = position; text.length < POSITION_CHARS; rest = Math.floor(rest / 32))
    text = `${DIGITS[rest % 32]}${text}`
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

/** When a record was heard. */
export interface Occasion {
  /** Unique at this hub. */
  readonly visit: string
  /** Of the record in the visit. */
  readonly position: number
}

/**
 * Stable id of a reading: device identity, kind, the device's own record number or own uncorrected
 * time, and the record's bytes. The hub's clock is no part of it. Only where the device gives neither number nor time
 * does `occasion` tell two equal packets apart. Such an id never comes again, and those of a visit are made in rising
 * order, side by side: a night of a live stream written to an index at random places wears the card of a hub most.
 */
export function readingId(input: {
  readonly device: string
  readonly about: Declaration
  readonly measurement: Measurement
  /** First packet of the record; context packets may come or not and are no part of the identity. */
  readonly packet: Packet
  /** Position among the measurements of this record (several records in one notification). */
  readonly index: number
  readonly occasion: Occasion
}): string {
  const { device, measurement: m, packet, index, occasion } = input
  const { visit, position } = occasion
  const own = hasOwnIdentity(input.about, m)
  const identity = own ? ['own', m.sequence ?? '', m.deviceTime ?? ''] : ['heard', visit, position]
  const content = base32(digest([device, m.kind, packet.source, index, ...identity].join('|'), '|', packet.bytes))
  if (own) return content
  const start = base32(digest(device, '|', visit)).slice(0, VISIT_CHARS) + ordered(position)
  return start + content.slice(0, ID_CHARS - start.length)
}

function digest(...parts: readonly (string | Uint8Array)[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
