import { decoded } from '../decoded.ts'
import type { Decoded, Measurement } from '../driver.ts'
import { isPreCareError, PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { readAbsoluteTime, readBaseOffsetTime } from './absolute-time.ts'
import { CHOICE, choiceName, HEADER_LENGTH } from './apdu.ts'
import { readAssociationRequest, readAssociationResponse, readReason } from './association.ts'
import { hex16 } from './attributes.ts'
import { type Configuration, readConfiguration } from './configuration.ts'
import { readMds } from './mds.ts'
import { measurementsOf } from './measurements.ts'
import { EVENT_CONFIG, OPERATION, readDataApdu, readEventHeader } from './prst.ts'
import { groupObservations, isScanReport, readScanReport } from './reports.ts'
import { STANDARD_CONFIGURATIONS } from './standard-configurations.ts'

/**
 * An APDU that stands alone, as in a recording. A report does not say what its objects are; here, and only here, the
 * standard configuration that fits it best is assumed, and the measurements say so.
 */

/** 0x0191 has the objects of 0x0190. */
const CANDIDATES = [...STANDARD_CONFIGURATIONS.values()].filter((configuration) => configuration.id !== 0x0191)

/** Reads the rest of a report; a PacketReader can't go back, so each attempt has its own. */
type Read = (configuration: Configuration) => { readonly packet: PacketReader; readonly measurements: Measurement[] }

function valuesWith(configuration: Configuration, read: Read): number {
  try {
    return read(configuration).measurements.reduce((sum, m) => sum + Object.keys(m.values).length, 0)
  } catch (error) {
    if (isPreCareError(error)) return -1
    throw error
  }
}

/** The one under which most values make sense; none when two do equally well. */
function likely(read: Read): Configuration {
  const ranked = CANDIDATES.map((configuration) => ({ configuration, values: valuesWith(configuration, read) })).sort(
    (a, b) => b.values - a.values,
  )
  const [best, second] = ranked
  if (best === undefined || best.values <= 0 || best.values === second?.values) {
    throw new PreCareError('packet-malformed', 'the report fits no standard configuration better than the others')
  }
  return best.configuration
}

/** Starts over, since each reading needs the fields from the first byte on. */
function openPrst(bytes: Uint8Array, at: 0 | typeof HEADER_LENGTH): PacketReader {
  const packet = new PacketReader(bytes)
  if (at > 0) readHeader(packet)
  return packet
}

function readHeader(packet: PacketReader): number {
  const choice = packet.u16be('APDU choice')
  packet.explain(choiceName(choice))
  const length = packet.u16be('APDU length')
  if (packet.surplusBytes < length) {
    const message = `'APDU length' announces ${length} bytes at offset ${packet.offset}, the packet has ${packet.surplusBytes}`
    throw new PreCareError('packet-too-short', message)
  }
  return choice
}

function decodeScanReport(bytes: Uint8Array, at: 0 | typeof HEADER_LENGTH): Decoded {
  const read: Read = (configuration) => {
    const packet = openPrst(bytes, at)
    readDataApdu(packet)
    const observations = readScanReport(packet, bytes, readEventHeader(packet), configuration)
    return { packet, measurements: groupObservations(observations).flatMap(measurementsOf) }
  }
  const configuration = likely(read)
  const { packet, measurements } = read(configuration)
  packet.derived('configuration', hex16(configuration.id), 'assumed: the report does not say it')
  return decoded(
    packet,
    measurements.map((m) => ({ ...m, status: [...m.status, 'unit-assumed' as const] })),
  )
}

function decodePrstAt(bytes: Uint8Array, at: 0 | typeof HEADER_LENGTH): Decoded {
  const packet = openPrst(bytes, at)
  const { operation } = readDataApdu(packet)
  switch (operation) {
    case OPERATION.eventReport:
    case OPERATION.confirmedEventReport: {
      const event = readEventHeader(packet)
      if (isScanReport(event.type)) return decodeScanReport(bytes, at)
      if (event.type === EVENT_CONFIG) readConfiguration(packet, bytes)
      else packet.bytes('event-info', event.length)
      break
    }
    case OPERATION.eventReportResult: {
      const event = readEventHeader(packet, true)
      if (event.type === EVENT_CONFIG && event.length > 0) {
        packet.u16be('config-report-id')
        packet.u16be('config-result')
      } else packet.bytes('event-reply-info', event.length)
      break
    }
    case OPERATION.getResult:
      readMds(packet)
      break
    default:
      packet.bytes('argument', packet.surplusBytes)
  }
  return decoded(packet, [])
}

/** PRST without its four bytes of header. @throws PreCareError only */
export const decodePrst = (bytes: Uint8Array): Decoded => decodePrstAt(bytes, 0)

/** A whole APDU. @throws PreCareError only */
export function decodeApdu(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const choice = readHeader(packet)
  switch (choice) {
    case CHOICE.presentation:
      return decodePrstAt(bytes, HEADER_LENGTH)
    case CHOICE.associationRequest:
      readAssociationRequest(packet)
      break
    case CHOICE.associationResponse:
      readAssociationResponse(packet)
      break
    case CHOICE.releaseRequest:
    case CHOICE.releaseResponse:
    case CHOICE.abort:
      readReason(packet, choice)
      break
    default:
      throw new PreCareError('packet-malformed', `${hex16(choice)} is no APDU of IEEE 11073-20601`)
  }
  return decoded(packet, [])
}

export function decodeAbsoluteTime(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  readAbsoluteTime(packet, 'AbsoluteTime')
  return decoded(packet, [])
}

export function decodeBaseOffsetTime(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  readBaseOffsetTime(packet, 'BaseOffsetTime')
  return decoded(packet, [])
}
