import type { Kind } from '../../../device-drivers/reading.ts'
import { type Course, courseOf, ledgerOf } from './course.ts'
import type { Facts } from './facts.ts'
import { type MissingEpisode, missingOf, type Withdrawn } from './missing.ts'
import type { Plan } from './plan.ts'
import { type Slot, slotsOf } from './slots.ts'
import type { TickRange } from './ticks.ts'
import { type UnwatchedEpisode, unwatchedOf } from './unwatched.ts'

/** What the plan and the facts say of one citizen. */
export interface Silence {
  readonly missing: readonly MissingEpisode[]
  readonly withdrawn: readonly Withdrawn[]
  readonly unwatched: readonly UnwatchedEpisode[]
  /** Of all slots that have fallen due. */
  readonly courses: readonly Course[]
}

const HOUR_MS = 3600_000

/**
 * Each version of a plan until the next one of its kind begins.
 * @param plans of one citizen, in any order
 */
export function inForce(plans: readonly Plan[]): Plan[] {
  return plans.map((plan) => {
    const next = plans
      .filter(({ kind, from }) => kind === plan.kind && from > plan.from)
      .map(({ from }) => from)
      .sort()[0]
    return next === undefined || (plan.to !== undefined && plan.to <= next) ? plan : { ...plan, to: next }
  })
}

/** When some plan held, with the shortest patience of those that held. */
function watchedBy(plans: readonly Plan[]): { from: number; to: number; clinicAfterMs: number }[] {
  const periods = inForce(plans).map((plan) => ({
    from: Date.parse(plan.from),
    to: plan.to === undefined ? Number.POSITIVE_INFINITY : Date.parse(plan.to),
    clinicAfterMs: plan.unwatchedAfterHours * HOUR_MS,
  }))
  const edges = [...new Set(periods.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b)
  return edges.flatMap((from, index) => {
    const to = edges[index + 1]
    const holding = periods.filter((period) => period.from <= from && from < period.to)
    if (to === undefined || holding.length === 0) return []
    return [{ from, to, clinicAfterMs: Math.min(...holding.map(({ clinicAfterMs }) => clinicAfterMs)) }]
  })
}

/**
 * The silences of one citizen in [from, to), as of the last tick. Pure: the same plans, facts and ticks give the same,
 * in whatever order they came.
 *
 * @param plans all versions of the citizen's plans
 * @param from ms since 1970 UTC: slots that open from here on are looked at
 * @param said what was said of a slot before: it stands, whatever became of hubs and devices since
 */
export function silenceOf(
  plans: readonly Plan[],
  facts: Facts,
  ticks: readonly TickRange[],
  from: number,
  to: number,
  said: (slot: Slot) => Course['steps'] = () => [],
): Silence {
  const slots = inForce(plans).flatMap((plan) => slotsOf(plan, from, to))
  return missingEpisodes(slots, facts, ticks, watchedBy(plans), said)
}

/**
 * @param slots of one citizen
 * @param watched when a plan held, in order, apart; and how long its clinic waits before it wants to know
 */
function missingEpisodes(
  slots: readonly Slot[],
  facts: Facts,
  ticks: readonly TickRange[],
  watched: readonly { readonly from: number; readonly to: number; readonly clinicAfterMs: number }[],
  said: (slot: Slot) => Course['steps'],
): Silence {
  const ordered = [...slots].sort((a, b) => a.opens - b.opens || (a.kind < b.kind ? -1 : 1))
  const readings = [...facts.readings].sort((a, b) => a.measuredAt - b.measuredAt)
  const ledger = ledgerOf(ordered, { ...facts, readings }, ticks)
  const courses = ordered.map((slot) => courseOf(ledger, slot, said(slot)))
  const last = ticks.at(-1)?.last ?? Number.NEGATIVE_INFINITY
  const kinds: Kind[] = [...new Set(ordered.map(({ kind }) => kind))]
  const missing = kinds.map((kind) =>
    missingOf(
      kind,
      courses.filter(({ slot }) => slot.kind === kind),
      readings.filter((reading) => reading.kind === kind && reading.knownAt <= last),
    ),
  )
  return {
    missing: missing.flatMap(({ episodes }) => episodes),
    withdrawn: missing.flatMap(({ withdrawn }) => withdrawn),
    unwatched: unwatchedOf({ courses, facts, hubs: ledger.hubs, ticks, watched, kinds }),
    courses: courses.filter(({ steps }) => steps.length > 0),
  }
}
