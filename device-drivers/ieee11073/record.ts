import { decoded } from '../decoded.ts'
import type { Decoded, Measurement, Packet, RawRecord } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { isUnsettled } from '../live-values.ts'
import { HEADER_LENGTH } from './apdu.ts'
import { type Configuration, configurationBytes, configurationOf } from './configuration.ts'
import { measurementsOf } from './measurements.ts'
import { readDataApdu, readEventHeader } from './prst.ts'
import {
  type EntryForm,
  type Group,
  groupBytes,
  groupObservations,
  readObservations,
  readPersonId,
  readScanReport,
} from './reports.ts'
import { standardConfiguration } from './standard-configurations.ts'

/**
 * The record of one act of measuring: its observations, beside them the configuration that gives them a meaning, and
 * with the last record of a confirmed report the APDU that tells the agent "received".
 */

const SOURCE = {
  fixed: '20601-fixed',
  variable: '20601-variable',
  /** A report that could not be taken apart, whole. */
  report: '20601-report',
  configuration: '20601-configuration',
  result: '20601-result',
} as const

const formOf = (source: string): EntryForm | undefined =>
  source === SOURCE.fixed ? 'fixed' : source === SOURCE.variable ? 'variable' : undefined

const configurationPacket = (configuration: Configuration, handles: ReadonlySet<number>): Packet => ({
  source: SOURCE.configuration,
  bytes: configurationBytes(configuration, handles),
})

export const resultPacket = (result: Uint8Array): Packet => ({ source: SOURCE.result, bytes: result })

export function recordOf(group: Group, configuration: Configuration): [Packet, ...Packet[]] {
  const source = group[0]?.form === 'fixed' ? SOURCE.fixed : SOURCE.variable
  return [{ source, bytes: groupBytes(group) }, configurationPacket(configuration, new Set(group.map((o) => o.handle)))]
}

/** @param apdu the whole event report */
export const unreadReport = (apdu: Uint8Array, configuration: Configuration): [Packet, ...Packet[]] => [
  { source: SOURCE.report, bytes: apdu },
  configurationPacket(configuration, new Set(configuration.objects.keys())),
]

/** What the agent waits for once this record is safe; undefined when other records of its report are still to come. */
export const resultOf = (record: RawRecord): Uint8Array | undefined =>
  record.find((packet) => packet.source === SOURCE.result)?.bytes

function configurationIn(record: RawRecord): Configuration {
  const packet = record.find((p) => p.source === SOURCE.configuration)
  if (packet === undefined) throw new PreCareError('packet-malformed', 'a 20601 record without its configuration')
  return configurationOf(packet.bytes, standardConfiguration)
}

/**
 * Observations of one group, as {@link recordOf} made them.
 * @throws PreCareError when a length lies, or a value comes in an unknown unit
 */
function decodeGroup(bytes: Uint8Array, form: EntryForm, configuration: Configuration): Decoded {
  const packet = new PacketReader(bytes)
  const person = readPersonId(packet)
  const observations = readObservations(packet, bytes, form, configuration)
  const personal = observations.map((o) => ({ ...o, form, ...(person !== undefined && { person }) }))
  return decoded(packet, groupObservations(personal).flatMap(measurementsOf))
}

function decodeReport(bytes: Uint8Array, configuration: Configuration): Decoded {
  const packet = new PacketReader(bytes)
  packet.bytes('header', HEADER_LENGTH)
  readDataApdu(packet)
  const observations = readScanReport(packet, bytes, readEventHeader(packet), configuration)
  return decoded(packet, groupObservations(observations).flatMap(measurementsOf))
}

const questionable = (m: Measurement): Measurement => ({
  ...m,
  status: [...new Set([...m.status, 'questionable' as const])],
})

/** Pure. @throws PreCareError only */
export function decodeRecord(record: RawRecord): Decoded {
  const [packet] = record
  const configuration = configurationIn(record)
  const form = formOf(packet.source)
  const read = form ? decodeGroup(packet.bytes, form, configuration) : decodeReport(packet.bytes, configuration)
  if (!isUnsettled(record)) return read
  return { ...read, measurements: read.measurements.map(questionable) }
}
