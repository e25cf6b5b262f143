import type {
  Advertisement,
  BleDriver,
  Declaration,
  Decoded,
  GattLink,
  Packet,
  RawRecord,
  SessionEvent,
  Visit,
} from '../driver.ts'
import { settleClock } from './device-clock.ts'
import { readBattery, readIdentity, readIfPresent } from './identity.ts'

/** What drivers of Bluetooth SIG services have in common: how a visit opens, and how a vendor's quirk is added. */

/** A model on top of a SIG driver: what it is, how it is recognised, and what it wants before it hands out records. */
export interface Variant {
  readonly about: Pick<Declaration, 'id' | 'title' | 'vendor' | 'models'> & Partial<Declaration>
  match(seen: Advertisement): boolean
  /** In place of the clock that the SIG describes, for devices that keep or want theirs in another way. */
  readonly settleClock?: (link: GattLink, visit: Visit) => AsyncIterable<SessionEvent>
  /** After the clock is set and before measurements are enabled. */
  readonly beforeSubscribe?: (link: GattLink, visit: Visit) => AsyncIterable<SessionEvent>
  /** In place of the SIG decoder, for devices that deviate from it. */
  readonly decode?: (record: RawRecord) => Decoded
}

/** Where a driver of stored measurements finds them. */
export interface Plan {
  readonly service: string
  readonly characteristic: string
  /** Characteristics of the same service, read once a visit and put beside each record. */
  readonly context?: readonly string[]
  readonly settleClock?: Variant['settleClock']
  readonly beforeSubscribe?: Variant['beforeSubscribe']
}

/** Medical devices hang up when they are empty; one that does not is left after this silence, to free the radio. */
export const IDLE_MS = 5_000

/**
 * Opens a visit: clock, the vendor's own steps, context, identity, battery. The clock comes first because of A&D, and
 * because a device that sleeps soon must see an action at once. Returns the context packets.
 */
export async function* openVisit(
  link: GattLink,
  visit: Visit,
  plan: Omit<Plan, 'characteristic'>,
): AsyncGenerator<SessionEvent, readonly Packet[]> {
  yield* plan.settleClock ? plan.settleClock(link, visit) : settleClock(link, visit, plan.service)
  if (plan.beforeSubscribe) yield* plan.beforeSubscribe(link, visit)
  const context: Packet[] = []
  for (const source of plan.context ?? []) {
    const bytes = yield* readIfPresent(link, plan.service, source)
    if (bytes !== undefined) context.push({ source, bytes })
  }
  yield* readIdentity(link)
  yield* readBattery(link)
  return context
}

/** Collects stored measurements: each value is a record. A device that hangs up when it is empty ends it well. */
export async function* collectRecords(link: GattLink, visit: Visit, plan: Plan): AsyncGenerator<SessionEvent, void> {
  const context = yield* openVisit(link, visit, plan)
  const values = await link.subscribe(plan.service, plan.characteristic, { idleMs: IDLE_MS })
  for await (const bytes of values) {
    yield { type: 'record', record: [{ source: plan.characteristic, bytes }, ...context] }
  }
}

/** Joins a SIG service's declaration, plan and decoder with a variant's. */
export function recordDriver(
  base: { readonly about: Omit<Declaration, 'id' | 'title' | 'vendor' | 'models'>; readonly plan: Plan },
  decode: (record: RawRecord) => Decoded,
  variant: Variant,
): BleDriver {
  const { beforeSubscribe, settleClock: ownClock } = variant
  const plan = {
    ...base.plan,
    ...(beforeSubscribe && { beforeSubscribe }),
    ...(ownClock && { settleClock: ownClock }),
  }
  return {
    transport: 'ble',
    about: { ...base.about, ...variant.about },
    match: (seen) => variant.match(seen),
    session: (link, visit) => collectRecords(link, visit, plan),
    decode: variant.decode ?? decode,
  }
}

/** True for devices whose name looks like this. A name is shared by many: identity is the configured address. */
export const named =
  (pattern: RegExp) =>
  (seen: Advertisement): boolean =>
    seen.name !== undefined && pattern.test(seen.name)

/** True for devices that advertise the service. */
export const advertises =
  (service: string) =>
  (seen: Advertisement): boolean =>
    seen.services.includes(service)
