import { decoded } from '../decoded.ts'
import type { BleDriver, Decoded, GattLink, Measurement, RawRecord, SessionEvent, Visit } from '../driver.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { CHARACTERISTIC, SERVICE } from '../gatt/uuids.ts'
import type { LiveRule, LiveSample } from '../live-stream.ts'
import { isUnsettled, liveValues } from '../live-values.ts'
import type { Site, Status } from '../reading.ts'
import { advertises, IDLE_MS, openVisit, type Variant } from './visit.ts'

/** Heart Rate Service 0x180D (HRS 1.0): Heart Rate Measurement 0x2A37, Body Sensor Location 0x2A38. */

/**
 * One packet a second. The first five while the strap settles are dropped; the reading is the median of the next ten
 * with contact, so that one stray packet counts for nothing. No rest is asked for: an irregular heart never shows it.
 */
const HEART_RATE_RULE: LiveRule = {
  window: 10,
  settle: 5,
  spread: Number.POSITIVE_INFINITY,
  patience: 60,
  minimum: 5,
}

/** RR intervals are in 1/1024 s (HRS 1.0, 3.1.1.4). */
const RR_PER_SECOND = 1024

const SITES_BY_LOCATION: readonly Site[] = ['other', 'chest', 'wrist', 'finger', 'hand', 'ear', 'foot']

interface HeartRatePacket {
  readonly packet: PacketReader
  readonly rate: number
  /** undefined: the sensor can't tell. */
  readonly contact: boolean | undefined
  readonly rrMs: readonly number[]
}

function readHeartRate(bytes: Uint8Array): HeartRatePacket {
  const packet = new PacketReader(bytes)
  const flags = packet.flags('Flags', 1, {
    'Heart Rate Value Format': 0,
    'Sensor Contact Detected': 1,
    'Sensor Contact Supported': 2,
    'Energy Expended Status': 3,
    'RR-Interval Present': 4,
  })
  const contact = flags['Sensor Contact Supported'] ? flags['Sensor Contact Detected'] : undefined
  const name = 'Heart Rate Measurement Value'
  const rate = flags['Heart Rate Value Format'] ? packet.u16(name, '/min') : packet.u8(name, '/min')
  if (flags['Energy Expended Status']) packet.u16('Energy Expended', 'kJ')
  const rrMs: number[] = []
  // At least one interval when the flag is set, then to the end of the packet, oldest first.
  while (flags['RR-Interval Present'] && (rrMs.length === 0 || packet.surplusBytes > 0)) {
    rrMs.push((packet.u16('RR-Interval', 's/1024') * 1000) / RR_PER_SECOND)
  }
  return { packet, rate, contact, rrMs }
}

const isMeasured = ({ rate, contact }: HeartRatePacket): boolean => rate > 0 && contact !== false

/** Lower median: always a value that was measured. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
}

function siteOf(location: Uint8Array | undefined): Site | undefined {
  return location?.[0] === undefined ? undefined : SITES_BY_LOCATION[location[0]]
}

/**
 * The packets of one act of measuring, newest first: median heart rate and RR interval. Without contact, or with a rate
 * of 0, there is no measurement. Fields are those of the newest packet.
 */
export function decodeHeartRate(
  packets: readonly [Uint8Array, ...Uint8Array[]],
  about: { readonly location?: Uint8Array | undefined; readonly unsettled?: boolean } = {},
): Decoded {
  const newest = readHeartRate(packets[0])
  const measured = [newest, ...packets.slice(1).map(readHeartRate)].filter(isMeasured)
  const status: Status[] = about.unsettled ? ['early-estimate'] : []
  const site = siteOf(about.location)
  const rr = measured.flatMap((packet) => packet.rrMs)
  if (measured.length === 0) return decoded(newest.packet, [])
  const measurement: Measurement = {
    kind: 'heart-rate',
    values: {
      heartRate: { value: median(measured.map((packet) => packet.rate)), unit: '/min', decimals: 0 },
      ...(rr.length > 0 && { rrInterval: { value: Math.round(median(rr)), unit: 'ms', decimals: 0 } }),
    },
    status,
    ...(site && { site }),
  }
  return decoded(newest.packet, [measurement])
}

export function decodeBodySensorLocation(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  packet.u8('Body Sensor Location')
  packet.explain(siteOf(bytes) ?? 'reserved')
  return decoded(packet, [])
}

function judge(bytes: Uint8Array): Omit<LiveSample<Uint8Array>, 'item'> {
  const heard = readHeartRate(bytes)
  return { state: isMeasured(heard) ? 'usable' : 'away', value: heard.rate }
}

async function* collect(
  link: GattLink,
  visit: Visit,
  beforeSubscribe: Variant['beforeSubscribe'],
): AsyncGenerator<SessionEvent, void> {
  const service = SERVICE.heartRate
  const context = [CHARACTERISTIC.bodySensorLocation]
  const location = yield* openVisit(link, visit, { service, context, ...(beforeSubscribe && { beforeSubscribe }) })
  const live = liveValues(CHARACTERISTIC.heartRateMeasurement, HEART_RATE_RULE, judge, true)
  const values = await link.subscribe(service, CHARACTERISTIC.heartRateMeasurement, { idleMs: IDLE_MS })
  const placed = (event: SessionEvent): SessionEvent =>
    event.type === 'record' ? { ...event, record: [...event.record, ...location] } : event
  for await (const bytes of values) {
    const event = live.hear(bytes)
    if (event !== undefined) yield placed(event)
  }
  const last = live.end()
  if (last !== undefined) yield placed(last)
}

function decode(record: RawRecord): Decoded {
  const [first, ...rest] = record
  const more = rest.filter((packet) => packet.source === CHARACTERISTIC.heartRateMeasurement)
  const location = rest.find((packet) => packet.source === CHARACTERISTIC.bodySensorLocation)?.bytes
  return decodeHeartRate([first.bytes, ...more.map((packet) => packet.bytes)], {
    location,
    unsettled: isUnsettled(record),
  })
}

/** A chest strap or watch that speaks 0x180D, with a vendor's quirks if it has some. */
export function heartRateDriver(variant: Variant): BleDriver {
  return {
    transport: 'ble',
    about: {
      kinds: ['heart-rate'],
      unitRule: 'fixed',
      timeRule: 'no-device-time',
      specialValues: 'a rate of 0, or no skin contact, is no measurement',
      userSlots: 'none',
      storedRecords: 'none',
      commit: 'none: a live stream, nothing is kept in the device',
      bonding: 'none',
      setsClock: false,
      evidence: 'captured from a device',
      sources: ['Bluetooth SIG, Heart Rate Service 1.0', 'recording in stackoverflow.com/q/33917836'],
      ...variant.about,
    },
    match: (seen) => variant.match(seen),
    session: (link, visit) => collect(link, visit, variant.beforeSubscribe),
    decode: variant.decode ?? decode,
  }
}

export const heartRateService = heartRateDriver({
  about: {
    id: 'heart-rate-service',
    title: 'Heart rate sensor (Heart Rate Service)',
    vendor: 'Bluetooth SIG',
    models: ['any with service 0x180D'],
    quirks: ['median of ten packets with contact', 'a strap that is worn on gives one reading a visit'],
  },
  match: advertises(SERVICE.heartRate),
})
