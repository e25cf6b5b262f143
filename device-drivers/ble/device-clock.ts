import { decoded } from '../decoded.ts'
import type { Decoded, GattLink, LocalDateTime, SessionEvent, Visit } from '../driver.ts'
import { isPreCareError, PreCareError } from '../errors.ts'
import { writeCurrentTime, writeDateTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { CHARACTERISTIC, SERVICE } from '../gatt/uuids.ts'
import { rejected } from '../rejected.ts'
import { readIfPresent } from './identity.ts'

/** The device's clock: Date Time 0x2A08 or Current Time 0x2A2B, in the Current Time service or the device's own. */

const WEEKDAYS = ['unknown', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const

function clockFace(packet: PacketReader): string | undefined {
  const time = packet.dateTime('Date Time')
  if (time.state === 'invalid')
    throw new PreCareError('date-time-invalid', 'the clock shows a date that does not exist')
  return time.state === 'valid' ? time.text : undefined
}

/** Date Time 0x2A08. A date that does not exist is an error here: it is all that the packet says. */
export function decodeDateTime(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  clockFace(packet)
  return decoded(packet, [])
}

/** Current Time 0x2A2B: Date Time, day of week, 1/256 s, adjust reason. */
export function decodeCurrentTime(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  clockFace(packet)
  const day = packet.u8('Day of Week')
  packet.explain(WEEKDAYS[day])
  packet.u8('Fractions256', 's/256')
  packet.flags('Adjust Reason', 1, {
    'Manual Time Update': 0,
    'External Reference Time Update': 1,
    'Change of Time Zone': 2,
    'Change of DST': 3,
  })
  return decoded(packet, [])
}

/** Where a clock is read and set, and in which form. */
export interface ClockPlace {
  readonly service: string
  readonly characteristic: string
  readonly write: (local: LocalDateTime) => Uint8Array
}

const places = (own: string): readonly ClockPlace[] => [
  { service: own, characteristic: CHARACTERISTIC.dateTime, write: writeDateTime },
  { service: SERVICE.currentTime, characteristic: CHARACTERISTIC.currentTime, write: writeCurrentTime },
  { service: SERVICE.currentTime, characteristic: CHARACTERISTIC.dateTime, write: writeDateTime },
]

/**
 * Reads the clock (records made so far carry it), then sets it, at each visit and before anything is enabled: A&D
 * devices hand out nothing before they were told the time. A hub that does not know the time itself sets nothing.
 * @param own service of the measurement, where A&D and Roche keep their clock
 */
export async function* settleClock(link: GattLink, visit: Visit, own: string): AsyncGenerator<SessionEvent, void> {
  const place = places(own).find((p) => link.has(p.service, p.characteristic))
  if (place === undefined) return
  yield* settleAt(link, visit, place, yield* readIfPresent(link, place.service, place.characteristic))
}

/** The same for a clock whose present time is known already. @param bytes a time 0x2A08 or 0x2A2B, if there is one */
export async function* settleAt(
  link: GattLink,
  visit: Visit,
  place: ClockPlace,
  bytes: Uint8Array | undefined,
): AsyncGenerator<SessionEvent, void> {
  try {
    const deviceNow = bytes && clockFace(new PacketReader(bytes))
    if (deviceNow !== undefined) yield { type: 'clock', deviceNow }
  } catch (error) {
    if (!isPreCareError(error) || bytes === undefined) throw error
    yield rejected(place.characteristic, bytes, error)
  }
  const local = visit.localTime()
  if (local === undefined) return
  try {
    await link.write(place.service, place.characteristic, place.write(local))
    yield { type: 'clock-set' }
  } catch (error) {
    // Read-only clocks exist; the offset read above still corrects the records.
    if (!isPreCareError(error) || error.retry === 'transient') throw error
    yield rejected(place.characteristic, new Uint8Array(), error)
  }
}
