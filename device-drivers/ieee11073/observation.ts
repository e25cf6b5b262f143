import { statusesOf } from '../decoded.ts'
import { PreCareError } from '../errors.ts'
import type { DeviceTime } from '../gatt/date-time.ts'
import type { PacketReader } from '../gatt/packet-reader.ts'
import type { Status, Value } from '../reading.ts'
import { readAbsoluteTime, readBaseOffsetTime } from './absolute-time.ts'
import { be16 } from './apdu.ts'
import { readAttributes } from './attribute-list.ts'
import { ATTRIBUTE, attributeName, BLOOD_PRESSURE, BLOOD_PRESSURE_COMPONENTS, hex16, unitOf } from './attributes.ts'
import { type ConfigObject, lengthOf, type ValueMap } from './configuration.ts'
import { readList, requireLength } from './counted-list.ts'

/** One observation: what an object (a "numeric") of the agent says at one moment, as a list of attributes. */

interface ObservedValue {
  /** MDC code of partition 2. */
  readonly code: number
  /** In the unit of the wire; `unit` is UCUM, or {@link UNKNOWN_UNIT}. */
  readonly value: Value
}

export interface Observation {
  readonly handle: number
  readonly values: readonly ObservedValue[]
  readonly time?: DeviceTime
  readonly status: readonly Status[]
  /** The agent says itself that it has no value. */
  readonly notAvailable: boolean
  readonly supplementalTypes: readonly number[]
  /** The observation as an element of its list: the agent's bytes, or the same attributes with their ids. */
  readonly entry: Uint8Array
}

/** Unit of a value whose unit code means nothing to the house. */
export const UNKNOWN_UNIT = 'unknown'

type Draft = {
  values: ObservedValue[]
  time?: DeviceTime
  status: Status[]
  notAvailable: boolean
}

const STATUS_BITS = {
  invalid: 15,
  questionable: 14,
  'not-available': 13,
  'calibration-ongoing': 12,
  'test-data': 11,
  'demo-data': 10,
  'validated-data': 7,
  'early-indication': 6,
  'msmt-ongoing': 5,
} as const

/** A measurement that still goes on is as good as an early one. */
const STATUS_MEANING: Partial<Readonly<Record<keyof typeof STATUS_BITS, Status>>> = {
  invalid: 'invalid',
  questionable: 'questionable',
  'calibration-ongoing': 'questionable',
  'test-data': 'test',
  'demo-data': 'demonstration',
  'early-indication': 'early-estimate',
  'msmt-ongoing': 'early-estimate',
}

function readStatus(packet: PacketReader, name: string, draft: Draft): void {
  const set = packet.flags(name, 2, STATUS_BITS, 'big')
  draft.status.push(...statusesOf(set, STATUS_MEANING))
  draft.notAvailable ||= set['not-available']
}

const ucum = (code: number | undefined): string => (code === undefined ? undefined : unitOf(code)) ?? UNKNOWN_UNIT

function componentsOf(object: ConfigObject): readonly number[] {
  return object.components ?? (object.code === BLOOD_PRESSURE ? BLOOD_PRESSURE_COMPONENTS : [])
}

/** NuObsValue: metric, state, unit and FLOAT in one. */
function readNuObservedValue(packet: PacketReader, name: string, draft: Draft): void {
  const code = packet.u16be('metric-id')
  readStatus(packet, 'state', draft)
  const unit = packet.u16be('unit-code')
  draft.values.push({ code, value: packet.float32be(name, ucum(unit)) })
}

function readAttribute(
  packet: PacketReader,
  id: number,
  name: string,
  length: number,
  object: ConfigObject,
  unit: string,
  draft: Draft,
): void {
  const own = (value: Value): void => {
    if (object.code !== undefined) draft.values.push({ code: object.code, value })
  }
  const component = (index: number, value: Value): void => {
    const code = componentsOf(object)[index]
    if (code !== undefined) draft.values.push({ code, value })
  }
  switch (id) {
    case ATTRIBUTE.basicNuObservedValue:
      own(packet.sfloatbe(name, unit))
      break
    case ATTRIBUTE.simpleNuObservedValue:
      own(packet.float32be(name, unit))
      break
    case ATTRIBUTE.nuObservedValue:
      readNuObservedValue(packet, name, draft)
      break
    case ATTRIBUTE.compoundBasicNuObservedValue:
      readList(packet, name, (i) => component(i, packet.sfloatbe(`${name} ${i + 1}`, unit)))
      break
    case ATTRIBUTE.compoundSimpleNuObservedValue:
      readList(packet, name, (i) => component(i, packet.float32be(`${name} ${i + 1}`, unit)))
      break
    case ATTRIBUTE.compoundNuObservedValue:
      readList(packet, name, (i) => readNuObservedValue(packet, `${name} ${i + 1}`, draft))
      break
    case ATTRIBUTE.absoluteTimeStamp:
      draft.time = readAbsoluteTime(packet, name)
      break
    case ATTRIBUTE.baseOffsetTimeStamp:
      draft.time = readBaseOffsetTime(packet, name)
      break
    case ATTRIBUTE.measurementStatus:
      readStatus(packet, name, draft)
      break
    case ATTRIBUTE.unitCode: {
      const code = packet.u16be(name)
      packet.explain(`${hex16(code)} ${ucum(code)}`)
      break
    }
    default:
      packet.bytes(name, length)
  }
}

/** An object that no configuration names: its bytes are kept and mean nothing. */
const unheardOf = (handle: number): ConfigObject => ({
  handle,
  valueMaps: [],
  supplementalTypes: [],
  scans: [],
  bytes: new Uint8Array(),
})

const draftStart = (): Draft => ({ values: [], status: [], notAvailable: false })

/** Attributes one after the other as `map` says; `entry` becomes the self-describing form. */
export function readMapped(packet: PacketReader, bytes: Uint8Array, object: ConfigObject, map: ValueMap): Observation {
  const draft = draftStart()
  const attributes: number[] = []
  for (const { attribute, length } of map) {
    const start = packet.offset
    const name = attributeName(attribute)
    readAttribute(packet, attribute, name, length, object, ucum(object.unitCode), draft)
    requireLength(packet, name, start, length)
    attributes.push(...be16(attribute), ...be16(length), ...bytes.subarray(start, packet.offset))
  }
  const entry = [...be16(object.handle), ...be16(map.length), ...be16(attributes.length), ...attributes]
  return { ...draft, handle: object.handle, supplementalTypes: object.supplementalTypes, entry: Uint8Array.from(entry) }
}

/**
 * ObservationScanFixed: handle, length, values as the configuration maps them.
 * @param scanned the map of the scanner that reports, where there is one
 * @throws PreCareError 'packet-too-short' when the map announces more than is there
 */
export function readFixed(
  packet: PacketReader,
  bytes: Uint8Array,
  objects: ReadonlyMap<number, ConfigObject>,
  scanned: (handle: number) => ValueMap | undefined,
): Observation {
  const start = packet.offset
  const handle = packet.u16be('obj-handle')
  const length = packet.u16be('obs-val-data.length')
  const object = objects.get(handle) ?? unheardOf(handle)
  const scanMap = scanned(handle)
  const map = scanMap ?? object.valueMaps.find((m) => lengthOf(m) === length) ?? object.valueMaps[0]
  if (map === undefined) {
    packet.bytes('obs-val-data', length)
    const entry = bytes.slice(start, packet.offset)
    return { ...draftStart(), handle, supplementalTypes: object.supplementalTypes, entry }
  }
  const announced = lengthOf(map)
  if (length < announced) {
    throw new PreCareError(
      'packet-too-short',
      `'obs-val-data' of object ${handle} has ${length} bytes at offset ${packet.offset}, its map announces ${announced}`,
    )
  }
  const observation = readMapped(packet, bytes, object, map)
  if (length > announced) packet.bytes('obs-val-data beyond the map', length - announced)
  // A scanner's own map is not in the object: the record then keeps the self-describing form.
  return scanMap === undefined ? { ...observation, entry: bytes.slice(start, packet.offset) } : observation
}

/** Unit-Code may come behind the value it belongs to. */
function unitAhead(bytes: Uint8Array, at: number, count: number): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let next = at
  for (let i = 0; i < count && next + 4 <= bytes.length; i++) {
    const length = view.getUint16(next + 2)
    if (view.getUint16(next) === ATTRIBUTE.unitCode && length === 2 && next + 6 <= bytes.length) {
      return view.getUint16(next + 4)
    }
    next += 4 + length
  }
  return undefined
}

/** ObservationScan: handle and a list of attributes that name themselves. */
export function readVariable(
  packet: PacketReader,
  bytes: Uint8Array,
  objects: ReadonlyMap<number, ConfigObject>,
): Observation {
  const start = packet.offset
  const handle = packet.u16be('obj-handle')
  const object = objects.get(handle) ?? unheardOf(handle)
  const count = ((bytes[packet.offset] ?? 0) << 8) | (bytes[packet.offset + 1] ?? 0)
  const unit = ucum(unitAhead(bytes, packet.offset + 4, count) ?? object.unitCode)
  const draft = draftStart()
  readAttributes(packet, 'attributes', (id, name, length) => {
    readAttribute(packet, id, name, length, object, unit, draft)
  })
  const entry = bytes.slice(start, packet.offset)
  return { ...draft, handle, supplementalTypes: object.supplementalTypes, entry }
}
