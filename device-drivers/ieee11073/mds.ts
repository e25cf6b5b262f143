import type { SessionEvent } from '../driver.ts'
import type { DeviceTime } from '../gatt/date-time.ts'
import type { PacketReader } from '../gatt/packet-reader.ts'
import { readAbsoluteTime, readBaseOffsetTime } from './absolute-time.ts'
import { readAttributes } from './attribute-list.ts'
import { ATTRIBUTE, hex16, profileName, unitOf } from './attributes.ts'
import { readList } from './counted-list.ts'

/** Attributes of the medical device system: what the agent says of itself (IEEE 11073-20601, MDS object). */

export interface Mds {
  manufacturer?: string
  model?: string
  serial?: string
  firmware?: string
  batteryPercent?: number
  now?: DeviceTime
  /** mds-time-mgr-set-time and mds-time-capab-set-clock: the agent asks the manager to set its clock, and can. */
  wantsTime?: boolean
}

/** Spec types of Production-Specification. */
const SERIAL_NUMBER = 1
const FIRMWARE_REVISION = 5

const SPEC_NAMES = [
  'unspecified',
  'serial-number',
  'part-number',
  'hw-revision',
  'sw-revision',
  'fw-revision',
  'protocol-revision',
  'prod-spec-gmdn',
]

function readProductionSpecification(packet: PacketReader, name: string, mds: Mds): void {
  readList(packet, name, () => {
    const type = packet.u16be('spec-type')
    packet.explain(SPEC_NAMES[type] ?? 'unknown')
    packet.u16be('component-id')
    const text = packet.text(SPEC_NAMES[type] ?? 'prod-spec', packet.u16be('prod-spec.length'))
    if (type === SERIAL_NUMBER) mds.serial = text
    if (type === FIRMWARE_REVISION) mds.firmware = text
  })
}

const TIME_CAPABILITIES = {
  'mds-time-capab-real-time-clock': 15,
  'mds-time-capab-set-clock': 14,
  'mds-time-capab-relative-time': 13,
  'mds-time-capab-high-res-relative-time': 12,
  'mds-time-state-abs-time-synced': 7,
  'mds-time-mgr-set-time': 4,
} as const

/** Mds-Time-Info is 16 bytes; only the first two matter here. */
function readTimeInfo(packet: PacketReader, length: number, mds: Mds): void {
  const set = packet.flags('mds-time-cap-state', 2, TIME_CAPABILITIES, 'big')
  packet.bytes('time-sync', Math.max(0, length - 2))
  mds.wantsTime = set['mds-time-mgr-set-time'] && set['mds-time-capab-set-clock']
}

/** Above 100 there is no such charge (IEEE 11073-20601, Battery-Level). */
const FULL = 100

function readAttribute(packet: PacketReader, id: number, name: string, length: number, mds: Mds): void {
  switch (id) {
    case ATTRIBUTE.systemModel:
      mds.manufacturer = packet.text('manufacturer', packet.u16be('manufacturer.length'))
      mds.model = packet.text('model-number', packet.u16be('model-number.length'))
      break
    case ATTRIBUTE.productionSpecification:
      readProductionSpecification(packet, name, mds)
      break
    case ATTRIBUTE.systemTypeSpecList:
      readList(packet, name, () => {
        const type = packet.u16be('type')
        packet.explain(`${hex16(type)} ${profileName(type)}`)
        packet.u16be('version')
      })
      break
    case ATTRIBUTE.systemId:
      packet.bytes(name, packet.u16be('system-id.length'))
      break
    case ATTRIBUTE.devConfigId:
      packet.u16be(name)
      break
    case ATTRIBUTE.dateAndTime:
      mds.now = readAbsoluteTime(packet, name)
      break
    case ATTRIBUTE.baseOffsetTime:
      mds.now = readBaseOffsetTime(packet, name)
      break
    case ATTRIBUTE.mdsTimeInfo:
      readTimeInfo(packet, length, mds)
      break
    case ATTRIBUTE.batteryLevel: {
      const percent = packet.u16be(name, unitOf(0x0220))
      if (percent <= FULL) mds.batteryPercent = percent
      break
    }
    default:
      packet.bytes(name, length)
  }
}

/** Result of a GET: handle and attributes. @throws PreCareError when a length lies */
export function readMds(packet: PacketReader): Mds {
  const mds: Mds = {}
  packet.u16be('obj-handle')
  readAttributes(packet, 'attribute-list', (id, name, length) => readAttribute(packet, id, name, length, mds))
  return mds
}

/** @param systemId stands in for a serial number that the agent does not tell */
export function mdsEvents(mds: Mds, systemId: string): SessionEvent[] {
  const { manufacturer, model, firmware, batteryPercent, now } = mds
  const events: SessionEvent[] = [
    {
      type: 'identity',
      serial: mds.serial || systemId,
      ...(manufacturer !== undefined && { manufacturer }),
      ...(model !== undefined && { model }),
      ...(firmware !== undefined && { firmware }),
    },
  ]
  if (now?.state === 'valid') events.push({ type: 'clock', deviceNow: now.text })
  if (batteryPercent !== undefined) events.push({ type: 'battery', percent: batteryPercent })
  return events
}
