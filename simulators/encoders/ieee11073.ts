import { requireRange } from './byte-writer.ts'
import type { CalendarTime } from './date-time.ts'
import { float32, type Quantity, sfloat } from './numbers.ts'

/**
 * What an agent of IEEE 11073-20601 sends, in medical device encoding rules: big-endian, lists as count, length and
 * elements, octet strings as length and bytes. Numbers from the nomenclature are written here once more, on purpose.
 */

type Bytes = readonly number[]

const u16 = (value: number): Bytes => {
  requireRange('u16', value, 0, 0xffff)
  return [value >> 8, value & 0xff]
}
const u32 = (value: number): Bytes => [...u16(Math.floor(value / 0x10000)), ...u16(value % 0x10000)]
const octets = (bytes: Bytes): Bytes => [...u16(bytes.length), ...bytes]
const list = (elements: readonly Bytes[]): Bytes => [...u16(elements.length), ...octets(elements.flat())]
const text = (value: string): Bytes => octets([...new TextEncoder().encode(value)])
const attribute = (id: number, value: Bytes): Bytes => [...u16(id), ...octets(value)]
const choice = (code: number, body: Bytes): Uint8Array => Uint8Array.from([...u16(code), ...octets(body)])
const hexBytes = (hex: string): Bytes => [...Buffer.from(hex, 'hex')]

const bcd = (value: number): number => Math.floor(value / 10) * 16 + (value % 10)

/** AbsoluteTime: century, year, month, day, hour, minute, second, hundredths, two decimal digits each. */
export const encodeAbsoluteTime = (t: CalendarTime): Bytes =>
  [Math.floor(t.year / 100), t.year % 100, t.month, t.day, t.hour, t.minute, t.second, 0].map(bcd)

const SECONDS_1900_TO_1970 = 2_208_988_800

/** BaseOffsetTime of a local time at this distance from UTC. */
export function encodeBaseOffsetTime(t: CalendarTime, offsetMinutes: number): Bytes {
  const local = Date.UTC(t.year, t.month - 1, t.day, t.hour, t.minute, t.second) / 1000
  return [...u32(local - offsetMinutes * 60 + SECONDS_1900_TO_1970), ...u16(0), ...u16(offsetMinutes & 0xffff)]
}

// --- Association -------------------------------------------------------------------------------------------------

export function encodeAssociationRequest(systemId: string, configId: number): Uint8Array {
  const information = [
    ...u32(0x80000000),
    ...u16(0x8000),
    ...u32(0x80000000),
    ...u32(0),
    ...u32(0x00800000),
    ...octets(hexBytes(systemId)),
    ...u16(configId),
    // Agent initiated, one request at a time.
    ...u16(0x0001),
    1,
    0,
    ...list([]),
  ]
  return choice(0xe200, [...u32(0x80000000), ...list([[...u16(20601), ...octets(information)]])])
}

export const encodeReleaseRequest = (): Uint8Array => choice(0xe400, u16(0))
export const encodeReleaseResponse = (): Uint8Array => choice(0xe500, u16(0))
export const encodeAbort = (reason = 0): Uint8Array => choice(0xe600, u16(reason))

// --- Data --------------------------------------------------------------------------------------------------------

function encodeData(invokeId: number, operation: number, argument: Bytes): Uint8Array {
  return choice(0xe700, octets([...u16(invokeId), ...u16(operation), ...octets(argument)]))
}

export interface Event {
  readonly invokeId: number
  readonly confirmed: boolean
  /** 0: the medical device system; else a scanner. */
  readonly handle?: number
}

const encodeEvent = ({ invokeId, confirmed, handle = 0 }: Event, type: number, information: Bytes): Uint8Array =>
  encodeData(invokeId, confirmed ? 0x0101 : 0x0100, [
    ...u16(handle),
    ...u32(0xffffffff),
    ...u16(type),
    ...octets(information),
  ])

/** Unit codes. */
const UNIT = {
  '%': 0x0220,
  '/min': 0x0aa0,
  mmHg: 0x0f20,
  kPa: 0x0f03,
  kg: 0x06c3,
  lb: 0x06e0,
  cm: 0x0511,
  'kg/m2': 0x07a0,
  Cel: 0x17a0,
  degF: 0x1140,
  'mg/dL': 0x0852,
  'mmol/L': 0x1272,
} as const
export type UnitName = keyof typeof UNIT

/** One numeric object of an agent. */
export interface NumericObject {
  readonly handle: number
  /** Term code in partition 2. */
  readonly type: number
  readonly unit: UnitName
  readonly format: 'basic' | 'simple' | 'compound'
  /** Metric ids of a compound's components. */
  readonly components?: readonly number[]
  /** Which attributes follow the value in an observation of fixed format. */
  readonly stamp: 'absolute' | 'base-offset' | 'none'
  readonly withStatus?: boolean
}

const VALUE_ATTRIBUTE = { basic: 0x0a4c, simple: 0x0a56, compound: 0x0a75 } as const
const STAMP_ATTRIBUTE = { absolute: 0x0990, 'base-offset': 0x0a82 } as const
const STATUS_ATTRIBUTE = 0x0947
const UNIT_ATTRIBUTE = 0x0996

const valueLength = (object: NumericObject): number =>
  object.format === 'basic' ? 2 : object.format === 'simple' ? 4 : 4 + 2 * (object.components?.length ?? 0)

function valueMap(object: NumericObject): Bytes {
  const entries = [[...u16(VALUE_ATTRIBUTE[object.format]), ...u16(valueLength(object))]]
  if (object.withStatus) entries.push([...u16(STATUS_ATTRIBUTE), ...u16(2)])
  if (object.stamp !== 'none') entries.push([...u16(STAMP_ATTRIBUTE[object.stamp]), ...u16(8)])
  return list(entries)
}

/** A scanner and what its reports consist of, in order. */
export interface Scanner {
  readonly handle: number
  readonly objects: readonly NumericObject[]
}

const encodeObject = (object: NumericObject): Bytes => [
  ...u16(6),
  ...u16(object.handle),
  ...list([
    attribute(0x092f, [...u16(2), ...u16(object.type)]),
    attribute(0x0a46, u16(0xf040)),
    ...(object.components
      ? [attribute(0x0a73, [3, object.components.length]), attribute(0x0a76, list(object.components.map(u16)))]
      : []),
    attribute(0x0996, u16(UNIT[object.unit])),
    attribute(0x0a55, valueMap(object)),
  ]),
]

const encodeScanner = ({ handle, objects }: Scanner): Bytes => [
  ...u16(18),
  ...u16(handle),
  ...list([attribute(0x0953, u16(1)), attribute(0x0a53, list(objects.map((o) => [...u16(o.handle), ...valueMap(o)])))]),
]

export function encodeConfiguration(
  invokeId: number,
  configId: number,
  objects: readonly NumericObject[],
  scanner?: Scanner,
): Uint8Array {
  const all = [...objects.map(encodeObject), ...(scanner ? [encodeScanner(scanner)] : [])]
  return encodeEvent({ invokeId, confirmed: true }, 0x0d1c, [...u16(configId), ...list(all)])
}

/** What one object says in one report. */
export interface Observed {
  readonly object: NumericObject
  /** One value, or the components of a compound. */
  readonly values: readonly Quantity[]
  readonly time: CalendarTime
  readonly offsetMinutes?: number
  /** Measurement-Status bits. */
  readonly status?: number
}

function encodeValue({ object, values }: Observed): Bytes {
  if (object.format === 'compound') return list(values.map((value) => u16(sfloat(value))))
  const [value = 'not-a-number'] = values
  return object.format === 'basic' ? u16(sfloat(value)) : u32(float32(value))
}

function attributesOf(observed: Observed): readonly (readonly [number, Bytes])[] {
  const { object, time, status = 0, offsetMinutes = 0 } = observed
  const parts: [number, Bytes][] = [[VALUE_ATTRIBUTE[object.format], encodeValue(observed)]]
  if (object.withStatus) parts.push([STATUS_ATTRIBUTE, u16(status)])
  if (object.stamp === 'absolute') parts.push([STAMP_ATTRIBUTE.absolute, encodeAbsoluteTime(time)])
  if (object.stamp === 'base-offset') {
    parts.push([STAMP_ATTRIBUTE['base-offset'], encodeBaseOffsetTime(time, offsetMinutes)])
  }
  return parts
}

const encodeFixed = (observed: Observed): Bytes => [
  ...u16(observed.object.handle),
  ...octets(attributesOf(observed).flatMap(([, value]) => value)),
]

/** Self-describing: with the unit behind the value, as scales do it. */
const encodeVariable = (observed: Observed): Bytes => [
  ...u16(observed.object.handle),
  ...list([
    ...attributesOf(observed).map(([id, value]) => attribute(id, value)),
    attribute(UNIT_ATTRIBUTE, u16(UNIT[observed.object.unit])),
  ]),
]

export type ReportForm = 'fixed' | 'variable' | 'grouped'

/** The observations of one person at one moment, and whose they are. */
export interface PersonalObservations {
  readonly person?: number
  readonly observed: readonly Observed[]
}

const UNKNOWN_PERSON = 0xffff

const observations = (form: ReportForm, observed: readonly Observed[]): Bytes =>
  list(observed.map(form === 'fixed' ? encodeFixed : encodeVariable))

const grouped = (observed: readonly Observed[]): Bytes =>
  octets(observed.flatMap((o) => attributesOf(o).flatMap(([, value]) => value)))

/** Event types by form; of the system itself (0D1D..0D20) and of a scanner's buffered reports (0D28..0D2D). */
const EVENT_TYPE = {
  system: { fixed: [0x0d1d, 0x0d1f], variable: [0x0d1e, 0x0d20], grouped: [0x0d2a, 0x0d2d] },
  scanner: { fixed: [0x0d29, 0x0d2c], variable: [0x0d28, 0x0d2b], grouped: [0x0d2a, 0x0d2d] },
} as const

/** A scan report of several acts of measuring. Persons are named as soon as one of them has a number. */
export function encodeScanReport(
  event: Event,
  form: ReportForm,
  reportNumber: number,
  acts: readonly PersonalObservations[],
): Uint8Array {
  const persons = acts.some((act) => act.person !== undefined)
  const [single, multiple] = EVENT_TYPE[event.handle === undefined ? 'system' : 'scanner'][form]
  const head = [...u16(0xf000), ...u16(reportNumber)]
  const named = acts.map(({ person = UNKNOWN_PERSON, observed }) => [
    ...u16(person),
    ...(form === 'grouped' ? grouped(observed) : observations(form, observed)),
  ])
  const together = acts.flatMap((act) => act.observed)
  const anonymous = form === 'grouped' ? list(acts.map((act) => grouped(act.observed))) : observations(form, together)
  return encodeEvent(event, persons ? multiple : single, [...head, ...(persons ? list(named) : anonymous)])
}

/** What a scanner's map leaves out, written out: each attribute with its id. */
const encodeScanned = (observed: Observed): Bytes => [
  ...u16(observed.object.handle),
  ...list(attributesOf(observed).map(([id, value]) => attribute(id, value))),
]

/** One act as it stands in a report of several persons: what identifies it, whatever report it comes in. */
export function encodeAct(form: 'fixed' | 'variable' | 'scanned', act: PersonalObservations): Uint8Array {
  const encode = { fixed: encodeFixed, variable: encodeVariable, scanned: encodeScanned }[form]
  return Uint8Array.from([...u16(act.person ?? UNKNOWN_PERSON), ...list(act.observed.map(encode))])
}

export interface SystemAttributes {
  readonly profile: number
  readonly systemId: string
  readonly configId: number
  readonly manufacturer: string
  readonly model: string
  readonly serial: string
  readonly firmware: string
  readonly now: CalendarTime
  readonly batteryPercent?: number
  /** The agent has no time of its own and wants the manager's. */
  readonly asksForTime?: boolean
}

const spec = (type: number, value: string): Bytes => [...u16(type), ...u16(0), ...text(value)]

/** Answer to GET of the medical device system. */
export function encodeSystem(invokeId: number, system: SystemAttributes): Uint8Array {
  const timeState = 0xc000 | (system.asksForTime ? 0x0010 : 0)
  return encodeData(invokeId, 0x0203, [
    ...u16(0),
    ...list([
      attribute(0x0a5a, list([[...u16(system.profile), ...u16(1)]])),
      attribute(0x0928, [...text(system.manufacturer), ...text(system.model)]),
      attribute(0x0984, octets(hexBytes(system.systemId))),
      attribute(0x0a44, u16(system.configId)),
      attribute(0x092d, list([spec(1, system.serial), spec(5, system.firmware)])),
      attribute(0x0a45, [...u16(timeState), ...u16(0x1f00), ...u32(0xffffffff), ...u16(100), ...u16(0), ...u32(0)]),
      attribute(0x0987, encodeAbsoluteTime(system.now)),
      ...(system.batteryPercent === undefined ? [] : [attribute(0x099c, u16(system.batteryPercent))]),
    ]),
  ])
}

/** Answer to Set-Time. */
export const encodeTimeSet = (invokeId: number): Uint8Array =>
  encodeData(invokeId, 0x0207, [...u16(0), ...u16(0x0c17), ...u16(0)])
