import type { BleDriver, Decoded, GattLink, Packet, RawRecord, SessionEvent, Visit } from '../driver.ts'
import { isPreCareError } from '../errors.ts'
import type { Answer } from '../gatt/record-access.ts'
import { openTransfer } from '../gatt/record-transfer.ts'
import { type Assembled, storedRecords } from '../gatt/stored-records.ts'
import { CHARACTERISTIC, SERVICE } from '../gatt/uuids.ts'
import { rejected } from '../rejected.ts'
import { type CgmContext, cgmRecords, decodeCgmRecord, timeOffsetOf, wrongCrc } from './cgm-measurement.ts'
import { protectsRecords, readSessionStart } from './cgm-session.ts'
import { readIfPresent } from './identity.ts'
import { advertises, openVisit, type Variant } from './visit.ts'

/** Continuous Glucose Monitoring Service 0x181F (CGMS 1.0.1): the memory of the running session. */

const { cgmMeasurement, cgmFeature, cgmSessionStartTime } = CHARACTERISTIC

/**
 * Features and start of the session, as context of each record. With a wrong checksum in one the visit ends: the same
 * records would have other times, and so other ids, at the next visit.
 */
async function* readContext(link: GattLink): AsyncGenerator<SessionEvent, readonly Packet[]> {
  const context: Packet[] = []
  for (const source of [cgmFeature, cgmSessionStartTime]) {
    const bytes = yield* readIfPresent(link, SERVICE.continuousGlucose, source)
    if (bytes !== undefined) context.push({ source, bytes })
  }
  contextOf(context)
  return context
}

/** @throws PreCareError 'checksum-wrong' */
function contextOf(packets: readonly Packet[]): CgmContext {
  const feature = packets.find((packet) => packet.source === cgmFeature)
  const began = packets.find((packet) => packet.source === cgmSessionStartTime)
  const start = began && readSessionStart(began.bytes)
  if (start?.crc === false) throw wrongCrc(cgmSessionStartTime)
  return { start: start?.time, protected: feature !== undefined && protectsRecords(feature.bytes) }
}

/** Cuts notifications into records; one whose E2E-CRC is wrong costs its neighbours nothing. */
function separate(context: readonly Packet[]) {
  const about = contextOf(context)
  return async function* (packets: AsyncGenerator<Packet, Answer>): AsyncGenerator<Assembled, Answer> {
    for (;;) {
      const { done, value } = await packets.next()
      if (done === true) return value
      const { source, bytes } = value
      let read = 0
      try {
        for (const record of cgmRecords(bytes)) {
          read += record.length
          yield separated({ source, bytes: record }, context, about)
        }
      } catch (error) {
        if (!isPreCareError(error)) throw error
        yield rejected(source, bytes.subarray(read), error)
      }
    }
  }
}

function separated(record: Packet, context: readonly Packet[], about: CgmContext): Assembled {
  try {
    decodeCgmRecord(record.bytes, about)
    return [record, ...context]
  } catch (error) {
    if (!isPreCareError(error)) throw error
    return rejected(record.source, record.bytes, error)
  }
}

/** A new session counts its minutes anew: its start is the mark of its records. */
const startOf = (record: RawRecord): Packet | undefined =>
  record.find((packet) => packet.source === cgmSessionStartTime)

async function* collectSession(link: GattLink, visit: Visit, variant: Variant): AsyncGenerator<SessionEvent, void> {
  const { settleClock, beforeSubscribe } = variant
  yield* openVisit(link, visit, {
    service: SERVICE.continuousGlucose,
    ...(settleClock && { settleClock }),
    ...(beforeSubscribe && { beforeSubscribe }),
  })
  const context = yield* readContext(link)
  const transfer = await openTransfer(link, SERVICE.continuousGlucose, [cgmMeasurement])
  yield* storedRecords(transfer, visit.memory, {
    assemble: separate(context),
    numberOf: (record) => {
      const number = timeOffsetOf(record[0].bytes)
      const start = startOf(record)
      if (number === undefined || start === undefined) return undefined
      return { number, mark: Buffer.from(start.bytes).toString('hex') }
    },
  })
}

function decode([record, ...context]: RawRecord): Decoded {
  return decodeCgmRecord(record.bytes, contextOf(context))
}

/** A sensor that speaks 0x181F, with a vendor's quirks if it has some. */
export function continuousGlucoseDriver(variant: Variant): BleDriver {
  return {
    transport: 'ble',
    about: {
      kinds: ['glucose-continuous'],
      unitRule: 'fixed',
      timeRule: 'base-time-and-offset',
      specialValues: 'infinities and warning bits 6 and 7 stay visible as below-range and above-range',
      userSlots: 'none',
      storedRecords: 'record-access',
      commit: 'none: the records belong to the sensor and are never deleted',
      bonding: 'required',
      setsClock: false,
      evidence: 'specification only',
      sources: ['Bluetooth SIG, Continuous Glucose Monitoring Service 1.0.1'],
      ...variant.about,
    },
    match: (seen) => variant.match(seen),
    session: (link, visit) => collectSession(link, visit, variant),
    decode: variant.decode ?? decode,
  }
}

export const continuousGlucoseService = continuousGlucoseDriver({
  about: {
    id: 'continuous-glucose-service',
    title: 'Continuous glucose sensor (CGM Service)',
    vendor: 'Bluetooth SIG',
    models: ['any with service 0x181F'],
    quirks: [
      'several records in one notification are cut by their size; a wrong E2E-CRC costs one record',
      'starts and stops no session, and calibrates nothing',
    ],
  },
  match: advertises(SERVICE.continuousGlucose),
})
