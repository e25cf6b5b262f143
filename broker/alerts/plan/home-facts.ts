import type { HubKnown } from '../../hub-states.ts'
import type { FactRows } from './fact-rows.ts'
import type { DeviceFact, HubFact } from './facts.ts'
import { ENGINE_SILENT_MS } from './ticks.ts'
import { HUB_SILENT_MS } from './verdict.ts'

/** A spot-check device with less than this may not manage the next measurement (design choice; devices warn at 10 to 20). */
const BATTERY_LOW_PERCENT = 10

interface HubMemory {
  fact: HubFact | undefined
  lastHeard: number
  holdsNothingBefore: number | undefined
  /** What it said last, which may speak of a time after this look. */
  said: number | undefined
}

/** From what hubs say of themselves to facts with the look at which they were written down. */
export interface HomeFacts {
  /**
   * Writes down what changed. @param wanted hubs of which it matters now what they hold
   * @returns hubs of which something was written, and whether some fell silent or were heard again
   */
  look(
    tick: number,
    known: Iterable<HubKnown>,
    wanted: ReadonlySet<string>,
  ): { readonly changed: ReadonlySet<string>; readonly flipped: readonly HubFact[] }
  newest(hub: string): HubFact | undefined
}

const radioWorks = ({ health }: HubKnown): boolean =>
  health?.radio === undefined || (health.radio.state !== 'unavailable' && health.radio.step === undefined)

const holdsOf = ({ health }: HubKnown): number | undefined =>
  health?.outbox.holdsNothingBefore === undefined ? undefined : Date.parse(health.outbox.holdsNothingBefore)

/**
 * @param awakeSince the look from which on hubs could be heard without a longer gap
 * What a hub says counts from the first look after the time it speaks of: everything that it had delivered by then is
 * stored before that look.
 */
export function openHomeFacts(rows: FactRows, lastTick: number | undefined): HomeFacts {
  const hubs = new Map<string, HubMemory>()
  const devices = new Map<string, DeviceFact>(rows.newestDeviceFacts().map((fact) => [fact.device, fact]))
  for (const [hub, watch] of rows.hubWatch()) hubs.set(hub, { fact: undefined, said: undefined, ...watch })
  for (const fact of rows.newestHubFacts()) {
    const memory = hubs.get(fact.hub)
    if (memory !== undefined) memory.fact = fact
  }
  let last = lastTick
  let awakeSince: number | undefined

  function hear(tick: number, known: HubKnown): void {
    const memory = hubs.get(known.hub) ?? {
      fact: undefined,
      lastHeard: tick,
      holdsNothingBefore: undefined,
      said: undefined,
    }
    hubs.set(known.hub, memory)
    if (known.online) memory.lastHeard = tick
    const said = holdsOf(known)
    for (const time of [memory.said, said]) {
      if (time !== undefined && time <= tick) memory.holdsNothingBefore = Math.max(memory.holdsNothingBefore ?? 0, time)
    }
    memory.said = said
    if (known.online) rows.putHubWatch(known.hub, memory.lastHeard, memory.holdsNothingBefore)
    for (const [device, { batteryPercent, problem }] of known.devices) {
      const fact: DeviceFact = {
        device,
        at: tick,
        batteryLow: batteryPercent !== undefined && batteryPercent <= BATTERY_LOW_PERCENT,
        ...(problem === undefined ? {} : { problem }),
      }
      const before = devices.get(device)
      if (before?.batteryLow === fact.batteryLow && before.problem === fact.problem) continue
      devices.set(device, fact)
      rows.addDeviceFact(fact)
    }
  }

  return {
    newest: (hub) => hubs.get(hub)?.fact,
    look(tick, known, wanted) {
      if (last === undefined || tick - last > ENGINE_SILENT_MS) awakeSince = tick
      last = tick
      const radio = new Map<string, boolean>()
      for (const one of known) {
        hear(tick, one)
        radio.set(one.hub, radioWorks(one))
      }
      const changed = new Set<string>()
      const flipped: HubFact[] = []
      for (const [hub, memory] of hubs) {
        const { fact: before, lastHeard, holdsNothingBefore } = memory
        const heardNow = lastHeard === tick
        const overdue = tick - Math.max(lastHeard, awakeSince ?? 0) > HUB_SILENT_MS
        // Who was once found silent stays so until something comes.
        const heard = heardNow || (!overdue && before?.heard !== false)
        const works = radio.get(hub) ?? before?.radio ?? true
        const news = before?.heard !== heard || before.radio !== works
        if (!news && !(wanted.has(hub) && before.holdsNothingBefore !== holdsNothingBefore)) continue
        const fact: HubFact = {
          hub,
          at: tick,
          heard,
          lastHeard,
          ...(holdsNothingBefore === undefined ? {} : { holdsNothingBefore }),
          radio: works,
        }
        memory.fact = fact
        rows.addHubFact(fact)
        changed.add(hub)
        if (before?.heard !== heard) flipped.push(fact)
      }
      return { changed, flipped }
    },
  }
}
