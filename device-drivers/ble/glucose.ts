import type { BleDriver, Declaration, Decoded, GattLink, Packet, RawRecord, SessionEvent, Visit } from '../driver.ts'
import { isPreCareError, PreCareError } from '../errors.ts'
import type { Answer } from '../gatt/record-access.ts'
import { openTransfer } from '../gatt/record-transfer.ts'
import { type Assembled, type Numbered, type Records, storedRecords } from '../gatt/stored-records.ts'
import { CHARACTERISTIC, SERVICE } from '../gatt/uuids.ts'
import { rejected } from '../rejected.ts'
import { settleClock } from './device-clock.ts'
import { baseTimeOf, decodeGlucose, sequenceOf } from './glucose-measurement.ts'
import { readBattery, readIdentity } from './identity.ts'
import { advertises, type Variant } from './visit.ts'

/** Glucose Service 0x1808 (GLS 1.0.1): the meter's memory, read through the Record Access Control Point. */

const { glucoseMeasurement, glucoseMeasurementContext } = CHARACTERISTIC

/** A meter on top of the Glucose Service. */
export interface GlucoseVariant extends Variant {
  /** The newest record always has number 0, so that a number names another record at each visit. */
  readonly countsFromNewest?: true
}

/** The number means nothing tomorrow: without it the same record has the same bytes, and so the same id. */
function withoutNumber({ source, bytes }: Packet): Packet {
  const blank = bytes.slice()
  blank.fill(0, 1, 3)
  return { source, bytes: blank }
}

/** A context comes after its measurement, so that one is held until the next comes or the meter is done. */
async function* withContexts(packets: AsyncGenerator<Packet, Answer>): AsyncGenerator<Assembled, Answer> {
  let held: [Packet, ...Packet[]] | undefined
  try {
    for (;;) {
      const { done, value } = await packets.next()
      if (done === true) {
        if (held !== undefined) yield held
        return value
      }
      if (value.source === glucoseMeasurement) {
        if (held !== undefined) yield held
        held = [value]
      } else if (held !== undefined && sequenceOf(held[0].bytes) === sequenceOf(value.bytes)) {
        held.push(value)
      } else {
        const lonely = new PreCareError('packet-malformed', 'a context that follows no measurement of its number')
        yield rejected(value.source, value.bytes, lonely)
      }
    }
  } catch (error) {
    // What was good before the link broke is kept.
    if (held !== undefined) yield held
    throw error
  }
}

async function* withoutNumbers(records: AsyncGenerator<Assembled, Answer>): AsyncGenerator<Assembled, Answer> {
  for (;;) {
    const { done, value } = await records.next()
    if (done === true) return value
    if ('type' in value) yield value
    else {
      const [measurement, ...contexts] = value
      yield [withoutNumber(measurement), ...contexts]
    }
  }
}

/** The base time tells two records of one number apart: numbers start anew after a battery change. */
function numberOf([{ bytes }]: RawRecord): Numbered | undefined {
  const number = sequenceOf(bytes)
  return number === undefined ? undefined : { number, mark: baseTimeOf(bytes) }
}

const recordsOf = ({ countsFromNewest }: GlucoseVariant): Records =>
  countsFromNewest
    ? { assemble: (packets) => withoutNumbers(withContexts(packets)) }
    : { assemble: withContexts, numberOf }

/**
 * Records before identity: some meters hang up when nothing is asked of their memory soon. Meters hang up as soon as
 * they have handed over everything, too, and then who they are is known from another visit.
 */
async function* collectGlucose(
  link: GattLink,
  visit: Visit,
  variant: GlucoseVariant,
): AsyncGenerator<SessionEvent, void> {
  const service = SERVICE.glucose
  yield* variant.settleClock ? variant.settleClock(link, visit) : settleClock(link, visit, service)
  if (variant.beforeSubscribe) yield* variant.beforeSubscribe(link, visit)
  const contexts = link.has(service, glucoseMeasurementContext) ? [glucoseMeasurementContext] : []
  const transfer = await openTransfer(link, service, [glucoseMeasurement, ...contexts])
  yield* storedRecords(transfer, visit.memory, recordsOf(variant))
  try {
    yield* readIdentity(link)
    yield* readBattery(link)
  } catch (error) {
    if (!isPreCareError(error, 'link-lost')) throw error
  }
}

const ABOUT = {
  kinds: ['glucose'],
  unitRule: 'flag',
  timeRule: 'base-time-and-offset',
  specialValues: 'HI and LO as infinities or status bits stay visible as above-range and below-range',
  userSlots: 'none',
  storedRecords: 'record-access',
  commit: 'none: the records belong to the meter and are never deleted',
  bonding: 'required',
  setsClock: true,
  evidence: 'captured from a device',
  sources: ['Bluetooth SIG, Glucose Service 1.0.1', 'recording in stackoverflow.com/q/63340809'],
} as const satisfies Partial<Declaration>

/** A meter that speaks 0x1808, with a vendor's quirks if it has some. */
export function glucoseDriver(variant: GlucoseVariant): BleDriver {
  return {
    transport: 'ble',
    about: { ...ABOUT, ...variant.about },
    match: (seen) => variant.match(seen),
    session: (link, visit) => collectGlucose(link, visit, variant),
    decode: variant.decode ?? (([packet]): Decoded => decodeGlucose(packet.bytes)),
  }
}

export const glucoseService = glucoseDriver({
  about: {
    id: 'glucose-service',
    title: 'Glucose meter (Glucose Service)',
    vendor: 'Bluetooth SIG',
    models: ['any with service 0x1808'],
    quirks: [
      'asks from the last known record on, for everything if that does not come back',
      'a context 0x2A34 is kept beside its record',
    ],
  },
  match: advertises(SERVICE.glucose),
})
