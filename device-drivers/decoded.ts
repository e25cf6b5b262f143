import type { Decoded, Measurement } from './driver.ts'
import type { PacketReader } from './gatt/packet-reader.ts'
import { withImplausible } from './quantities.ts'
import type { Status } from './reading.ts'

/** Every decoder ends here: plausibility is judged after decoding, and surplus bytes are counted. */
export function decoded(packet: PacketReader, measurements: readonly Measurement[]): Decoded {
  const judged = measurements.map((m) => withImplausible(packet.suspicious ? addStatus(m, 'questionable') : m))
  const surplus = packet.surplusBytes > 0 ? { surplusBytes: packet.surplusBytes } : {}
  return { measurements: judged, fields: packet.fields, ...surplus }
}

export function addStatus(measurement: Measurement, ...added: readonly Status[]): Measurement {
  return { ...measurement, status: [...new Set([...measurement.status, ...added])] }
}

/** The statuses whose bit is set. */
export function statusesOf<Bit extends string>(
  set: Readonly<Record<Bit, boolean>>,
  meaning: Partial<Readonly<Record<Bit, Status>>>,
): readonly Status[] {
  const found = new Set<Status>()
  for (const bit of Object.keys(meaning) as Bit[]) {
    const status = meaning[bit]
    if (set[bit] && status !== undefined) found.add(status)
  }
  return [...found]
}
