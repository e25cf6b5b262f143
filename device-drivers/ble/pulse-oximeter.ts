import type { BleDriver, Decoded, GattLink, Packet, RawRecord, SessionEvent, Visit } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { CHARACTERISTIC, SERVICE } from '../gatt/uuids.ts'
import { OXIMETRY_RULE } from '../live-stream.ts'
import { isUnsettled, liveValues } from '../live-values.ts'
import { merge } from '../merge.ts'
import { decodeContinuous, decodeSpotCheck, judgeContinuous } from './plx-measurement.ts'
import { askForStored, refusalIn, storedSpotCheck } from './stored-spot-checks.ts'
import { advertises, IDLE_MS, openVisit, type Variant } from './visit.ts'

/** Pulse Oximeter Service 0x1822: spot checks 0x2A5E as they are, and a continuous stream 0x2A5F as one reading. */

/** An oximeter with both characteristics sends its spot check at the end of the stream: this long after it at most. */
const SPOT_CHECK_AFTER_MS = 30_000

const { spotCheckMeasurement, continuousMeasurement, recordAccessControlPoint } = CHARACTERISTIC

async function* labelled(source: string, values: AsyncIterable<Uint8Array>): AsyncGenerator<Packet, void> {
  for await (const bytes of values) yield { source, bytes }
}

/**
 * Where both come, the spot check is the device's own verdict about the same finger: then the stream only counts if no
 * spot check has come by the end.
 */
async function* collectOximetry(
  link: GattLink,
  visit: Visit,
  beforeSubscribe: Variant['beforeSubscribe'],
): AsyncGenerator<SessionEvent, void> {
  const service = SERVICE.pulseOximeter
  yield* openVisit(link, visit, { service, ...(beforeSubscribe && { beforeSubscribe }) })
  const streams = link.has(service, continuousMeasurement)
  const spots = link.has(service, spotCheckMeasurement)
  if (!streams && !spots) {
    throw new PreCareError('characteristic-missing', 'service 1822 has neither 2A5E nor 2A5F')
  }
  const sources: AsyncIterable<Packet>[] = []
  if (spots) {
    const idleMs = streams ? SPOT_CHECK_AFTER_MS : IDLE_MS
    sources.push(labelled(spotCheckMeasurement, await link.subscribe(service, spotCheckMeasurement, { idleMs })))
  }
  if (streams) {
    const values = await link.subscribe(service, continuousMeasurement, { idleMs: IDLE_MS })
    sources.push(labelled(continuousMeasurement, values))
  }
  const memory = spots ? yield* askForStored(link) : undefined
  if (memory) sources.push(memory)
  let reporting = memory !== undefined
  const live = liveValues(continuousMeasurement, OXIMETRY_RULE, judgeContinuous, false)
  let held: SessionEvent | undefined
  let spotChecked = false
  for await (const packet of merge(sources)) {
    if (packet.source === recordAccessControlPoint) {
      reporting = false
      yield* refusalIn(packet.bytes)
      continue
    }
    if (packet.source === spotCheckMeasurement) {
      // A spot check out of the memory says nothing about the finger that is in the oximeter now.
      if (reporting) yield* storedSpotCheck(packet, visit)
      else {
        spotChecked = true
        yield { type: 'record', record: [packet] }
      }
      continue
    }
    const event = live.hear(packet.bytes)
    if (event?.type === 'record' && spots) held = event
    else if (event !== undefined) yield event
  }
  const last = live.end() ?? held
  if (last !== undefined && !spotChecked) yield last
}

function decode(record: RawRecord): Decoded {
  const [packet] = record
  if (packet.source === spotCheckMeasurement) return decodeSpotCheck(packet.bytes)
  return decodeContinuous(packet.bytes, isUnsettled(record))
}

/** An oximeter that speaks 0x1822, with a vendor's quirks if it has some. */
export function pulseOximeterDriver(variant: Variant): BleDriver {
  return {
    transport: 'ble',
    about: {
      kinds: ['oxygen-saturation'],
      unitRule: 'fixed',
      timeRule: 'device-time-optional',
      specialValues: 'special SFLOATs; a finger that is away by device and sensor status',
      userSlots: 'none',
      storedRecords: 'sent-once',
      commit: 'none: an indication is confirmed when its record is on disk',
      bonding: 'optional',
      setsClock: true,
      evidence: 'captured from a device',
      sources: ['Bluetooth SIG, Pulse Oximeter Service 1.0', 'recording in stackoverflow.com/q/71264072'],
      ...variant.about,
    },
    match: (seen) => variant.match(seen),
    session: (link, visit) => collectOximetry(link, visit, variant.beforeSubscribe),
    decode: variant.decode ?? decode,
  }
}

export const pulseOximeterService = pulseOximeterDriver({
  about: {
    id: 'pulse-oximeter-service',
    title: 'Pulse oximeter (Pulse Oximeter Service)',
    vendor: 'Bluetooth SIG',
    models: ['any with service 0x1822'],
    quirks: [
      'a continuous stream becomes one reading when it is stable',
      'a spot check goes before the stream',
      'ChoiceMMed sets "clock not set" in its spot checks, which then count from when they are heard',
      'reads the spot checks that it keeps (0x2A60, bits 2 and 3) at each visit',
    ],
  },
  match: advertises(SERVICE.pulseOximeter),
})
