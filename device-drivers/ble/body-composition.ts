import type { BleDriver, Decoded, GattLink, Packet, RawRecord, SessionEvent, Visit } from '../driver.ts'
import { CHARACTERISTIC, SERVICE } from '../gatt/uuids.ts'
import { merge } from '../merge.ts'
import { type BodyScales, decodeBodyComposition, isPartial } from './body-composition-measurement.ts'
import { withConsent } from './user-data.ts'
import { advertises, IDLE_MS, openVisit, type Variant } from './visit.ts'
import { decodeWeight } from './weight-scale.ts'

/** Body Composition Service 0x181B (BCS 1.0), and Weight Scale 0x181D beside it where the scale has that too. */

const { bodyCompositionMeasurement, weightMeasurement, weightScaleFeature } = CHARACTERISTIC

/** A scale on top of the Body Composition Service. */
export interface BodyVariant extends Variant {
  /** Steps of the wire that are not those of the specification. */
  readonly scales?: Partial<BodyScales>
}

async function* labelled(source: string, values: AsyncIterable<Uint8Array>): AsyncGenerator<Packet, void> {
  for await (const bytes of values) yield { source, bytes }
}

/** Time stamps of both halves are the same where both have one; another time is another measurement. */
function belongTogether(first: Packet, second: Packet): boolean {
  const timeOf = ({ bytes }: Packet): string | undefined =>
    ((bytes[0] ?? 0) & 0b10) === 0 ? undefined : Buffer.from(bytes.subarray(4, 11)).toString('hex')
  const [a, b] = [timeOf(first), timeOf(second)]
  return a === undefined || b === undefined || a === b
}

/** Joins the halves of a measurement. One whose other half never comes is a record all the same. */
async function* joined(packets: AsyncIterable<Packet>): AsyncGenerator<RawRecord, void> {
  let held: Packet | undefined
  try {
    for await (const packet of packets) {
      if (packet.source !== bodyCompositionMeasurement || !isPartial(packet.bytes)) {
        yield [packet]
        continue
      }
      const first = held
      held = packet
      if (first === undefined) continue
      if (belongTogether(first, packet)) held = undefined
      yield held === undefined ? [first, packet] : [first]
    }
  } catch (error) {
    if (held !== undefined) yield [held]
    throw error
  }
  if (held !== undefined) yield [held]
}

async function* collectBody(link: GattLink, visit: Visit, variant: BodyVariant): AsyncGenerator<SessionEvent, void> {
  const { settleClock, beforeSubscribe } = variant
  const service = SERVICE.bodyComposition
  yield* openVisit(link, visit, {
    service,
    beforeSubscribe: withConsent(beforeSubscribe),
    ...(settleClock && { settleClock }),
  })
  const sources = [
    labelled(bodyCompositionMeasurement, await link.subscribe(service, bodyCompositionMeasurement, IDLE)),
  ]
  let feature: readonly Packet[] = []
  if (link.has(SERVICE.weightScale, weightMeasurement)) {
    if (link.has(SERVICE.weightScale, weightScaleFeature)) {
      feature = [{ source: weightScaleFeature, bytes: await link.read(SERVICE.weightScale, weightScaleFeature) }]
    }
    sources.push(labelled(weightMeasurement, await link.subscribe(SERVICE.weightScale, weightMeasurement, IDLE)))
  }
  for await (const record of joined(merge(sources))) {
    const context = record[0].source === weightMeasurement ? feature : []
    yield { type: 'record', record: [...record, ...context] }
  }
}

const IDLE = { idleMs: IDLE_MS } as const

function decoder(scales: Partial<BodyScales> | undefined) {
  return ([first, ...rest]: RawRecord): Decoded => {
    const of = (source: string): Uint8Array[] =>
      rest.filter((packet) => packet.source === source).map((packet) => packet.bytes)
    if (first.source === weightMeasurement) return decodeWeight(first.bytes, of(weightScaleFeature)[0])
    return decodeBodyComposition([first.bytes, ...of(bodyCompositionMeasurement)], scales)
  }
}

/** A scale that speaks 0x181B, with a vendor's quirks if it has some. */
export function bodyCompositionDriver(variant: BodyVariant): BleDriver {
  return {
    transport: 'ble',
    about: {
      kinds: ['body-composition', 'weight'],
      unitRule: 'flag',
      timeRule: 'device-time-optional',
      specialValues: 'body fat 0xFFFF is an unsuccessful measurement; user 255 is unknown',
      userSlots: 'optional',
      storedRecords: 'sent-once',
      commit: 'none: an indication is confirmed when its record is on disk',
      bonding: 'optional',
      setsClock: true,
      evidence: 'specification only',
      sources: ['Bluetooth SIG, Body Composition Service 1.0', 'Bluetooth SIG, User Data Service 1.0'],
      ...variant.about,
    },
    match: (seen) => variant.match(seen),
    session: (link, visit) => collectBody(link, visit, variant),
    decode: variant.decode ?? decoder(variant.scales),
  }
}

export const bodyCompositionService = bodyCompositionDriver({
  about: {
    id: 'body-composition-service',
    title: 'Body composition scale (Body Composition Service)',
    vendor: 'Bluetooth SIG',
    models: ['any with service 0x181B'],
    quirks: [
      'a measurement in two packets is joined',
      'collects 0x181D from the same scale too',
      'registers itself as a user, or gives the consent code, where the scale has User Data 0x181C',
    ],
  },
  match: advertises(SERVICE.bodyComposition),
})
