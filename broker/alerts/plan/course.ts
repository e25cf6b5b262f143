import { asOf, countUpTo, type Facts, type HubFact, type PlannedReading, radioFailedWithin } from './facts.ts'
import type { Slot } from './slots.ts'
import { firstTickFrom, silenceOver, type TickRange } from './ticks.ts'
import { HUB_BEHIND_MS, HUB_SILENT_MS, judge, type Known, type Verdict } from './verdict.ts'

/** What was said of one slot, tick by tick, as far as it changed. */
export interface Course {
  readonly slot: Slot
  readonly steps: readonly { readonly at: number; readonly verdict: Verdict }[]
}

/** Facts by their subject, for many questions about one citizen. */
export interface Ledger {
  readonly facts: Facts
  readonly hubs: ReadonlyMap<string, readonly HubFact[]>
  /** Readings that fill a slot, by slot; ordered by `knownAt`. */
  readonly fills: ReadonlyMap<Slot, readonly PlannedReading[]>
  readonly ticks: readonly TickRange[]
}

function bySubject<F>(facts: readonly F[], subject: (fact: F) => string): Map<string, F[]> {
  const groups = new Map<string, F[]>()
  for (const fact of facts) {
    const group = groups.get(subject(fact))
    if (group === undefined) groups.set(subject(fact), [fact])
    else group.push(fact)
  }
  return groups
}

/**
 * Each reading fills one slot at most: of those that were open for it (grace included) the one that opened last, since
 * the grace of a slot may reach into the next window.
 */
function fillsOf(slots: readonly Slot[], readings: readonly PlannedReading[]): Map<Slot, PlannedReading[]> {
  const kinds = bySubject(slots, ({ kind }) => kind)
  const fills = new Map<Slot, PlannedReading[]>()
  for (const reading of readings) {
    const slot = kinds
      .get(reading.kind)
      ?.findLast(({ opens, due }) => opens <= reading.measuredAt && reading.measuredAt < due)
    if (slot === undefined) continue
    const known = fills.get(slot)
    if (known === undefined) fills.set(slot, [reading])
    else known.push(reading)
  }
  for (const known of fills.values()) known.sort((a, b) => a.knownAt - b.knownAt)
  return fills
}

/** @param slots of one citizen, those of one kind ordered by `opens` */
export function ledgerOf(slots: readonly Slot[], facts: Facts, ticks: readonly TickRange[]): Ledger {
  return { facts, hubs: bySubject(facts.hubs, ({ hub }) => hub), fills: fillsOf(slots, facts.readings), ticks }
}

const overlapsSlot = (pause: { readonly from: number; readonly to: number }, slot: Slot): boolean =>
  pause.from < slot.due && pause.to > slot.opens

/** What was known about a slot at a tick. */
function knownAt({ facts, hubs, fills, ticks }: Ledger, slot: Slot, tick: number): Known {
  const source = facts.sourceOf(slot.kind)
  const device =
    source.device === undefined
      ? undefined
      : asOf(
          facts.devices.filter((fact) => fact.device === source.device),
          tick,
        )
  return {
    reading: fills.get(slot)?.find((reading) => reading.knownAt <= tick),
    pause: facts.pauses.find((pause) => pause.knownAt <= tick && overlapsSlot(pause, slot)),
    hubs: source.hubs.map((hub) => {
      const known = hubs.get(hub) ?? []
      const now = asOf(known, tick)
      return {
        heard: now?.heard ?? false,
        ...(now?.holdsNothingBefore === undefined ? {} : { holdsNothingBefore: now.holdsNothingBefore }),
        radioFailed: radioFailedWithin(known, slot.opens, slot.due),
      }
    }),
    device,
    engineBackAt: silenceOver(ticks, slot.due)?.until,
  }
}

/** Times at which a verdict can change by itself or by something other than a hub; in order. */
function knownMoments({ facts, fills, ticks }: Ledger, slot: Slot): number[] {
  const backAt = silenceOver(ticks, slot.due)?.until
  const times = [slot.due, slot.due + HUB_BEHIND_MS, ...(backAt === undefined ? [] : [backAt + HUB_SILENT_MS])]
  for (const reading of fills.get(slot) ?? []) times.push(Math.max(reading.knownAt, slot.due))
  for (const pause of facts.pauses) if (overlapsSlot(pause, slot)) times.push(Math.max(pause.knownAt, slot.due))
  return times.sort((a, b) => a - b)
}

/** The next fact of one of the hubs after a time. */
function nextHubFact({ facts, hubs }: Ledger, slot: Slot, time: number): number {
  const next = facts.sourceOf(slot.kind).hubs.map((hub) => {
    const known = hubs.get(hub) ?? []
    return known[countUpTo(known, time)]?.at ?? Number.POSITIVE_INFINITY
  })
  return Math.min(Number.POSITIVE_INFINITY, ...next)
}

const isSame = (a: Verdict | undefined, b: Verdict): boolean => JSON.stringify(a) === JSON.stringify(b)

/**
 * What is said next of a slot, given what was said before: that the citizen did not measure stands, with its cause,
 * unless a reading comes after all or a pause is written down later.
 */
export function nextVerdict(before: Verdict | undefined, slot: Slot, tick: number, known: Known): Verdict {
  if (before?.state === 'filled' || before?.state === 'excused') return before
  const verdict = judge(slot, tick, known)
  return before?.state === 'missed' && verdict.state !== 'filled' && verdict.state !== 'excused' ? before : verdict
}

const NEVER = Number.POSITIVE_INFINITY

/**
 * The whole course of a slot, as far as the ticks go.
 * @param said what was said already: it stands, and is gone on from
 */
export function courseOf(ledger: Ledger, slot: Slot, said: Course['steps'] = []): Course {
  const steps = [...said]
  const last = said.at(-1)
  let before = last?.verdict
  if (before?.state === 'filled' || before?.state === 'excused') return { slot, steps }
  // Nobody had looked yet in this house: there is nothing to say of it.
  if (slot.due < (ledger.ticks[0]?.first ?? NEVER)) return { slot, steps }
  const from = last === undefined ? slot.due : last.at + 1
  const moments = knownMoments(ledger, slot).map((time) => Math.max(time, from))
  const hubSays = (time: number): number => (before?.state === 'missed' ? NEVER : nextHubFact(ledger, slot, time))
  let time = Math.min(moments.shift() ?? NEVER, last === undefined ? NEVER : hubSays(last.at))
  while (time !== NEVER) {
    const tick = firstTickFrom(ledger.ticks, time)
    if (tick === undefined) break
    const verdict = nextVerdict(before, slot, tick, knownAt(ledger, slot, tick))
    if (!isSame(before, verdict)) steps.push({ at: tick, verdict })
    before = verdict
    if (verdict.state === 'filled' || verdict.state === 'excused') break
    while (moments[0] !== undefined && moments[0] <= tick) moments.shift()
    // Hubs can say no more once it is certain that nothing was measured.
    time = Math.min(moments[0] ?? NEVER, hubSays(tick))
  }
  return { slot, steps }
}
