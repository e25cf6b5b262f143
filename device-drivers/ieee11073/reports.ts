import { PreCareError } from '../errors.ts'
import { localSeconds } from '../gatt/date-time.ts'
import type { PacketReader } from '../gatt/packet-reader.ts'
import { be16 } from './apdu.ts'
import { hex16 } from './attributes.ts'
import type { Configuration, ValueMap } from './configuration.ts'
import { readList, requireLength } from './counted-list.ts'
import { type Observation, readFixed, readMapped, readVariable } from './observation.ts'
import type { EventHeader } from './prst.ts'

/**
 * Scan reports (IEEE 11073-20601, annex A): of the MDS and of scanners, fixed, variable and grouped, of one
 * person or of several.
 */

interface Layout {
  readonly form: 'fixed' | 'variable' | 'grouped'
  /** Several persons, each with an id. */
  readonly persons: boolean
}

const LAYOUTS: Readonly<Record<number, Layout>> = {
  [0x0d1d]: { form: 'fixed', persons: false },
  [0x0d1e]: { form: 'variable', persons: false },
  [0x0d1f]: { form: 'fixed', persons: true },
  [0x0d20]: { form: 'variable', persons: true },
  [0x0d22]: { form: 'variable', persons: false },
  [0x0d23]: { form: 'fixed', persons: false },
  [0x0d24]: { form: 'grouped', persons: false },
  [0x0d25]: { form: 'variable', persons: true },
  [0x0d26]: { form: 'fixed', persons: true },
  [0x0d27]: { form: 'grouped', persons: true },
  [0x0d28]: { form: 'variable', persons: false },
  [0x0d29]: { form: 'fixed', persons: false },
  [0x0d2a]: { form: 'grouped', persons: false },
  [0x0d2b]: { form: 'variable', persons: true },
  [0x0d2c]: { form: 'fixed', persons: true },
  [0x0d2d]: { form: 'grouped', persons: true },
}

export const isScanReport = (eventType: number): boolean => LAYOUTS[eventType] !== undefined

/** How the entries of a record are read again. */
export type EntryForm = 'fixed' | 'variable'

export interface PersonalObservation extends Observation {
  /** Absent: the report is of one person, or the agent does not know of whom. */
  readonly person?: number
  readonly form: EntryForm
}

/** unknown-person-id (IEEE 11073-20601, PersonId). */
const UNKNOWN_PERSON = 0xffff

export function readPersonId(packet: PacketReader): number | undefined {
  const person = packet.u16be('person-id')
  if (person !== UNKNOWN_PERSON) return person
  packet.explain('unknown person')
  return undefined
}

/** A list of observations that name their objects. */
export function readObservations(
  packet: PacketReader,
  bytes: Uint8Array,
  form: EntryForm,
  configuration: Configuration,
  scanned: (handle: number) => ValueMap | undefined = () => undefined,
): Observation[] {
  return readList(packet, form === 'fixed' ? 'obs-scan-fixed' : 'obs-scan-var', () =>
    form === 'fixed'
      ? readFixed(packet, bytes, configuration.objects, scanned)
      : readVariable(packet, bytes, configuration.objects),
  )
}

/** ObservationScanGrouped: the values alone; the scanner's map says whose they are. */
function readGrouped(
  packet: PacketReader,
  bytes: Uint8Array,
  configuration: Configuration,
  scanner: number,
): Observation[] {
  const scans = configuration.objects.get(scanner)?.scans
  if (scans === undefined || scans.length === 0) {
    throw new PreCareError('packet-malformed', `a grouped report of object ${scanner}, which is no scanner with a map`)
  }
  const length = packet.u16be('obs-scan-grouped.length')
  const start = packet.offset
  const observations = scans.map(({ handle, map }) => {
    const object = configuration.objects.get(handle)
    if (object === undefined) throw new PreCareError('packet-malformed', `the scanner maps object ${handle}, unknown`)
    return readMapped(packet, bytes, object, map)
  })
  requireLength(packet, 'obs-scan-grouped', start, length)
  return observations
}

/**
 * A whole scan report behind its event header.
 * @param bytes those that `packet` reads
 * @throws PreCareError when a length lies, or a value is shorter than the configuration announces
 */
export function readScanReport(
  packet: PacketReader,
  bytes: Uint8Array,
  event: EventHeader,
  configuration: Configuration,
): PersonalObservation[] {
  const layout = LAYOUTS[event.type]
  if (layout === undefined) throw new PreCareError('packet-malformed', `event ${hex16(event.type)} is no scan report`)
  const start = packet.offset
  packet.u16be('data-req-id')
  packet.u16be('scan-report-no')
  const scans = configuration.objects.get(event.handle)?.scans ?? []
  const scanned = (handle: number): ValueMap | undefined => scans.find((scan) => scan.handle === handle)?.map
  const form: EntryForm = layout.form === 'fixed' && scans.length === 0 ? 'fixed' : 'variable'
  const observe = (): Observation[] =>
    layout.form === 'grouped'
      ? readGrouped(packet, bytes, configuration, event.handle)
      : readObservations(packet, bytes, layout.form, configuration, scanned)
  const ofPerson = (): PersonalObservation[] => {
    const person = readPersonId(packet)
    return observe().map((o) => ({ ...o, form, ...(person !== undefined && { person }) }))
  }
  const anonymous = (): PersonalObservation[] => observe().map((o) => ({ ...o, form }))
  const read =
    layout.persons || layout.form === 'grouped'
      ? readList(packet, 'scan-per', layout.persons ? ofPerson : anonymous).flat()
      : anonymous()
  requireLength(packet, 'event-info', start, event.length)
  return read
}

/** Observations that are one act of measuring. */
export type Group = readonly PersonalObservation[]

interface OpenGroup {
  readonly members: PersonalObservation[]
  readonly handles: Set<number>
  stamp: string | undefined
}

/**
 * Sorts observations into acts of measuring: the same person and the same time stamp; one without a stamp belongs to
 * the one before it. An object that speaks a second time begins another act.
 */
export function groupObservations(observations: readonly PersonalObservation[]): Group[] {
  const groups: OpenGroup[] = []
  const byStamp = new Map<string, OpenGroup>()
  for (const o of observations) {
    const stamp = o.time && `${o.person} ${o.time.text}`
    const takes = (group: OpenGroup | undefined): group is OpenGroup =>
      group !== undefined && group.members[0]?.person === o.person && !group.handles.has(o.handle)
    const last = groups.at(-1)
    const stamped = stamp === undefined ? undefined : byStamp.get(stamp)
    let joined: OpenGroup | undefined
    if (takes(stamped)) joined = stamped
    else if (takes(last) && (stamp === undefined || last.stamp === undefined)) joined = last
    if (joined === undefined) {
      joined = { members: [], handles: new Set(), stamp: undefined }
      groups.push(joined)
    }
    joined.members.push(o)
    joined.handles.add(o.handle)
    joined.stamp ??= stamp
    if (stamp !== undefined) byStamp.set(stamp, joined)
  }
  return groups.map((group) => group.members)
}

/** Oldest first by the device's own time, since a cuff's memory comes in no order; those without a time before them. */
export function byTime(groups: readonly Group[]): Group[] {
  const stamped = groups.map((group) => {
    const time = group.find((o) => o.time?.state === 'valid')?.time
    return { group, at: time === undefined ? 0 : localSeconds(time.text) }
  })
  return stamped.sort((a, b) => a.at - b.at).map(({ group }) => group)
}

/**
 * ScanReportPerFixed or ScanReportPerVar of one group: what is hashed into the reading's id. Invoke-id, report number
 * and event time are not in it, since they change when the agent reports the same record again.
 */
export function groupBytes(group: Group): Uint8Array {
  const entries = group.flatMap((o) => [...o.entry])
  const person = group[0]?.person ?? UNKNOWN_PERSON
  return Uint8Array.from([...be16(person), ...be16(group.length), ...be16(entries.length), ...entries])
}
