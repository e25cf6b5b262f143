import type { Advertisement, BleDriver, Declaration, Decoded, GattLink, SessionEvent, Visit } from '../driver.ts'
import type { PacketReader } from '../gatt/packet-reader.ts'
import { type LiveRule, type LiveSample, OXIMETRY_RULE } from '../live-stream.ts'
import { isUnsettled, liveValues } from '../live-values.ts'
import type { Value } from '../reading.ts'
import { readBattery, readIdentity } from './identity.ts'
import { IDLE_MS } from './visit.ts'

/** An oximeter that sends a value a second in its vendor's own packets, of which one reading is made. */

type About = Pick<Declaration, 'id' | 'title' | 'vendor' | 'models' | 'specialValues' | 'evidence' | 'sources'>

export interface LiveOximeter {
  readonly about: About & Partial<Declaration>
  match(seen: Advertisement): boolean
  /** Name of the packets. */
  readonly source: string
  /** Packets with values, and what else there is to tell; ends with the stream. */
  packets(link: GattLink): AsyncIterable<Uint8Array | SessionEvent>
  /** Throws PreCareError for a packet that is cut or garbled. */
  judge(bytes: Uint8Array): Omit<LiveSample<Uint8Array>, 'item'>
  readonly rule?: LiveRule
  /** @param unsettled the stream this packet comes from never came to rest */
  decode(bytes: Uint8Array, unsettled: boolean): Decoded
}

/** Notifications as they come, until silence. */
export async function* notified(
  link: GattLink,
  service: string,
  characteristic: string,
): AsyncGenerator<Uint8Array, void> {
  yield* await link.subscribe(service, characteristic, { idleMs: IDLE_MS })
}

async function* collect(link: GattLink, _visit: Visit, device: LiveOximeter): AsyncGenerator<SessionEvent, void> {
  yield* readIdentity(link)
  yield* readBattery(link)
  const live = liveValues(device.source, device.rule ?? OXIMETRY_RULE, (bytes) => device.judge(bytes), false)
  for await (const heard of device.packets(link)) {
    const event = heard instanceof Uint8Array ? live.hear(heard) : heard
    if (event !== undefined) yield event
  }
  const last = live.end()
  if (last !== undefined) yield last
}

export function liveOximeterDriver(device: LiveOximeter): BleDriver {
  return {
    transport: 'ble',
    about: {
      kinds: ['oxygen-saturation'],
      unitRule: 'fixed',
      timeRule: 'no-device-time',
      userSlots: 'none',
      storedRecords: 'none',
      commit: 'none: a live stream, nothing is kept in the device',
      bonding: 'none',
      setsClock: false,
      ...device.about,
    },
    match: (seen) => device.match(seen),
    session: (link, visit) => collect(link, visit, device),
    decode: (record) => device.decode(record[0].bytes, isUnsettled(record)),
  }
}

/** A whole number, or the reason why it is none. The field just read is explained. */
export function unlessMissing(packet: PacketReader, raw: number, missing: readonly number[], unit: string): Value {
  if (!missing.includes(raw)) return { value: raw, unit, decimals: 0 }
  packet.explain('missing')
  return { absent: 'not-measured', unit }
}
