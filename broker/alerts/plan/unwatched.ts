import type { Kind } from '../../../device-drivers/reading.ts'
import type { Course } from './course.ts'
import { asOf, type Facts, type HubFact } from './facts.ts'
import type { Slot } from './slots.ts'
import { firstTickFrom, silenceOver, type TickRange } from './ticks.ts'
import { CAUSES, type Cause, HOME_CAUSES } from './verdict.ts'

/** Nobody can know how the citizen is: equipment, line or engine are silent. */
export interface UnwatchedEpisode {
  /** Absent: the whole home. */
  readonly kind?: Kind
  /** Of the first silence in it. */
  readonly cause: Cause
  /** Slots that could not be decided, or could not be filled; empty when a home fell silent between its slots. */
  readonly slots: readonly Slot[]
  /** The last sure sign from the home before it. */
  readonly since: number
  /** The tick at which it was first said: to a technician. */
  readonly toldAt: number
  /** The tick from which the clinic is told. */
  readonly clinicAt?: number
  /** The tick at which the home was heard again. */
  readonly endedAt?: number
}

interface Stretch {
  readonly kind: Kind | undefined
  readonly cause: Cause
  readonly slot: Slot | undefined
  readonly since: number
  readonly from: number
  readonly to: number
}

export interface UnwatchedInput {
  /** Of all slots, those filled in time too. */
  readonly courses: readonly Course[]
  readonly facts: Facts
  readonly hubs: ReadonlyMap<string, readonly HubFact[]>
  readonly ticks: readonly TickRange[]
  /** When a plan held, whether it expected something or not; in order, apart. */
  readonly watched: readonly { readonly from: number; readonly to: number; readonly clinicAfterMs: number }[]
  readonly kinds: readonly Kind[]
}

const NEVER = Number.POSITIVE_INFINITY

function lastSign(input: UnwatchedInput, slot: Slot, cause: Cause, at: number): number {
  if (cause === 'engine-silent') return silenceOver(input.ticks, slot.due)?.from ?? slot.closes
  const hubs = input.facts.sourceOf(slot.kind).hubs
  const now = hubs.map((hub) => asOf(input.hubs.get(hub) ?? [], at))
  if (cause === 'hub-offline') {
    const silent = now.filter((fact) => fact !== undefined && !fact.heard).map((fact) => fact?.lastHeard ?? slot.closes)
    return silent.length === 0 ? slot.closes : Math.min(...silent)
  }
  return slot.closes
}

/** Undecided slots while they are undecided; slots that equipment kept from being filled, until the kind comes again. */
function stretchesOf(input: UnwatchedInput): Stretch[] {
  const stretches: Stretch[] = []
  for (const [index, { slot, steps }] of input.courses.entries()) {
    for (const [step, { at, verdict }] of steps.entries()) {
      if (verdict.state !== 'unknown' && verdict.state !== 'missed') continue
      if (verdict.cause === 'not-measured') continue
      const next = steps[step + 1]?.at
      const to = Math.min(next ?? NEVER, verdict.state === 'missed' ? overBy(input, index, slot) : NEVER)
      const kind = HOME_CAUSES.has(verdict.cause) ? undefined : slot.kind
      const since = lastSign(input, slot, verdict.cause, at)
      // When many slots are decided at once, only the newest has anything to say.
      if (to > at) stretches.push({ kind, cause: verdict.cause, slot, since, from: at, to })
    }
  }
  return stretches
}

/** The tick by which a slot that equipment kept from being filled says nothing more: a reading came, or the next slot did. */
function overBy({ courses, facts, ticks }: UnwatchedInput, index: number, slot: Slot): number {
  const known = facts.readings.filter((r) => r.kind === slot.kind && r.measuredAt >= slot.due).map((r) => r.knownAt)
  const reading = known.length === 0 ? undefined : firstTickFrom(ticks, Math.min(...known))
  const next = courses.slice(index + 1).find((course) => course.slot.kind === slot.kind && course.steps.length > 0)
  const decided = next?.steps.find(({ verdict }) => verdict.state !== 'waiting')?.at
  return Math.min(reading ?? NEVER, decided ?? NEVER)
}

/** The first tick of [from, to) outside all pauses that were known then. */
function firstOutsidePauses({ facts, ticks }: UnwatchedInput, from: number, to: number): number | undefined {
  const times = [from, ...facts.pauses.map((pause) => pause.to).filter((end) => end > from)].sort((a, b) => a - b)
  for (const time of times) {
    const tick = firstTickFrom(ticks, time)
    if (tick === undefined || tick >= to) return undefined
    if (!facts.pauses.some((p) => p.knownAt <= tick && p.from <= tick && tick < p.to)) return tick
  }
  return undefined
}

/** A hub that was silent for as long as the plan allows, whether a slot fell into that time or not. */
function silentHomes(input: UnwatchedInput): Stretch[] {
  const hubs = new Set(input.kinds.flatMap((kind) => input.facts.sourceOf(kind).hubs))
  const stretches: Stretch[] = []
  for (const hub of hubs) {
    const known = input.hubs.get(hub) ?? []
    for (const [index, { heard, at, lastHeard: since }] of known.entries()) {
      if (heard || known[index - 1]?.heard === false) continue
      const to = known.slice(index + 1).find((fact) => fact.heard)?.at ?? NEVER
      for (const period of input.watched) {
        const earliest = Math.max(period.from, at, since + period.clinicAfterMs)
        const from = firstOutsidePauses(input, earliest, Math.min(to, period.to))
        if (from === undefined) continue
        stretches.push({ kind: undefined, cause: 'hub-offline', slot: undefined, since, from, to })
        break
      }
    }
  }
  return stretches
}

/** What follows without a gap is one silence, whatever its cause became. */
function joined(stretches: readonly Stretch[]): (Stretch & { readonly slots: readonly Slot[] })[] {
  const all: (Stretch & { slots: Slot[] })[] = []
  const inOrder = (a: Stretch, b: Stretch): number =>
    a.from - b.from || a.since - b.since || CAUSES.indexOf(a.cause) - CAUSES.indexOf(b.cause)
  for (const stretch of [...stretches].sort(inOrder)) {
    const open = all.at(-1)
    const slots = stretch.slot === undefined ? [] : [stretch.slot]
    if (open === undefined || stretch.from > open.to) {
      all.push({ ...stretch, slots })
      continue
    }
    const seen = slots.filter((slot) => !open.slots.includes(slot))
    all[all.length - 1] = {
      ...open,
      to: Math.max(open.to, stretch.to),
      since: Math.min(open.since, stretch.since),
      slots: [...open.slots, ...seen],
    }
  }
  return all
}

/** The silences of one citizen: of the home, and of single kinds whose device failed. */
export function unwatchedOf(input: UnwatchedInput): UnwatchedEpisode[] {
  const { ticks, watched } = input
  const stretches = [...stretchesOf(input), ...silentHomes(input)]
  const kinds = [undefined, ...input.kinds]
  return kinds.flatMap((kind) =>
    joined(stretches.filter((stretch) => stretch.kind === kind)).map(({ slots, since, from, to, cause }) => {
      const plan = watched.findLast((period) => period.from <= from) ?? watched[0]
      const clinic = firstTickFrom(ticks, Math.max(from, since + (plan?.clinicAfterMs ?? NEVER)))
      return {
        ...(kind === undefined ? {} : { kind }),
        cause,
        slots,
        since,
        toldAt: from,
        ...(clinic === undefined || clinic >= to ? {} : { clinicAt: clinic }),
        ...(to === NEVER ? {} : { endedAt: to }),
      }
    }),
  )
}
