import { decoded } from '../decoded.ts'
import type { Decoded } from '../driver.ts'
import { PacketReader } from '../gatt/packet-reader.ts'

/** What a clock says about itself: Local Time Information 0x2A0F and Reference Time Information 0x2A14. */

const MINUTES_PER_STEP = 15
const UNKNOWN_ZONE = -128

/** Time Zone 0x2A0E: steps of 15 minutes from UTC, without daylight saving. */
export function readTimeZone(packet: PacketReader): void {
  const steps = packet.i8('Time Zone')
  packet.explain(steps === UNKNOWN_ZONE ? 'unknown' : `${steps * MINUTES_PER_STEP} min from UTC`)
}

const DST_MINUTES: Readonly<Record<number, number>> = { 0: 0, 2: 30, 4: 60, 8: 120 }

/** DST Offset 0x2A0D. */
export function dstNote(offset: number): string {
  const minutes = DST_MINUTES[offset]
  if (minutes !== undefined) return `${minutes} min`
  return offset === 255 ? 'unknown' : 'reserved'
}

export function decodeLocalTimeInformation(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  readTimeZone(packet)
  packet.explain(dstNote(packet.u8('Daylight Saving Time')))
  return decoded(packet, [])
}

const SOURCES = [
  'unknown',
  'Network Time Protocol',
  'GPS',
  'radio time signal',
  'manual',
  'atomic clock',
  'cellular network',
]
const NEVER = 255

export function decodeReferenceTimeInformation(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.explain(SOURCES[packet.u8('Source')] ?? 'reserved')
  const accuracy = packet.u8('Accuracy', 's/8')
  if (accuracy >= 254) packet.explain(accuracy === NEVER ? 'unknown' : 'out of range')
  for (const name of ['Days Since Update', 'Hours Since Update']) {
    if (packet.u8(name) === NEVER) packet.explain('255 days or more')
  }
  return decoded(packet, [])
}
