import type { Kind } from '../../../device-drivers/reading.ts'
import type { Registry } from '../../registry.ts'
import { isoTime } from '../../store/iso-time.ts'
import type { AlertLog } from '../alert-log.ts'
import type { Episode } from '../episode.ts'
import type { Course } from './course.ts'
import { type FactRows, slotName } from './fact-rows.ts'
import type { Facts, HubFact, Source } from './facts.ts'
import type { Plan } from './plan.ts'
import { inForce, type Silence, silenceOf } from './silence.ts'
import { slotsOf } from './slots.ts'
import { silenceOver, type TickRange } from './ticks.ts'
import { missingRule, missingToEpisode, unwatchedRule, unwatchedToEpisode } from './to-episodes.ts'
import { HUB_BEHIND_MS, HUB_SILENT_MS } from './verdict.ts'

/** How far back is looked at first; further while what is found there began before. */
const LOOK_BACK_MS = 35 * 24 * 3600_000
/** How far ahead the next slot is searched; then again. */
const LOOK_AHEAD_MS = 8 * 24 * 3600_000
/** Longest window and grace, so that a slot that is open now is among those that opened since. */
const LONGEST_SLOT_MS = 3 * 24 * 3600_000
const HOUR_MS = 3600_000
const NEVER = Number.POSITIVE_INFINITY

interface Parts {
  readonly citizen: string
  readonly rows: FactRows
  readonly registry: Pick<Registry, 'hubOf'>
  readonly tell: AlertLog['reconcile']
  /** The newest fact of a hub. */
  readonly newest: (hub: string) => HubFact | undefined
}

/** One citizen with a plan: looked at when a slot falls due, or when something happened that may change a verdict. */
export interface CitizenWatch {
  readonly citizen: string
  /** Another version of the plans. */
  follow(plans: readonly Plan[]): void
  /** Hubs whose word decides something now. */
  waitsFor(): ReadonlySet<string>
  /** @param changed hubs of which something new is known; @param stored earliest time of measuring among new readings */
  isDue(tick: number, changed: ReadonlySet<string>, stored: number | undefined): boolean
  /** Judges and tells. In the caller's transaction. */
  look(ticks: readonly TickRange[], now: string): void
}

const stateOf = ({ steps }: Course) => steps.at(-1)?.verdict.state
const isUndecided = (course: Course): boolean => stateOf(course) === 'waiting' || stateOf(course) === 'unknown'

export function openCitizenWatch(parts: Parts, first: readonly Plan[]): CitizenWatch {
  const { citizen, rows, registry } = parts
  let plans = first
  let kinds: readonly Kind[] = []
  let nextLook = Number.NEGATIVE_INFINITY
  let hubs: ReadonlySet<string> = new Set()
  let waiting = false
  let unsettled = true
  let newestMissed = Number.NEGATIVE_INFINITY
  const told = new Map<string, string>()

  function sourcesAt(now: string): Map<Kind, Source> {
    const devices = rows.devicesOf(citizen, now)
    return new Map(
      kinds.map((kind) => {
        const measures = rows.deviceOf(citizen, kind)
        const device = measures !== undefined && devices.includes(measures) ? measures : undefined
        const names = (device === undefined ? devices : [device]).map((id) => registry.hubOf(id))
        const known = [...new Set(names.filter((hub) => hub !== undefined))]
        return [kind, { hubs: known, ...(device === undefined ? {} : { device }) }]
      }),
    )
  }

  function factsSince(since: number, sources: ReadonlyMap<Kind, Source>): Facts {
    const devices = [...sources.values()].flatMap(({ device }) => (device === undefined ? [] : [device]))
    return {
      readings: kinds.flatMap((kind) => rows.readings(citizen, kind, since)),
      hubs: [...hubs].flatMap((hub) => rows.hubFacts(hub, since)),
      devices: [...new Set(devices)].flatMap((device) => rows.deviceFacts(device, since)),
      pauses: rows.pauses(citizen, since),
      sourceOf: (kind) => sources.get(kind) ?? { hubs: [] },
    }
  }

  /** Far enough back that nothing that is found may have begun before. */
  function judged(ticks: readonly TickRange[], tick: number, now: string): { silence: Silence; since: number } {
    const sources = sourcesAt(now)
    hubs = new Set([...sources.values()].flatMap((source) => source.hubs))
    const begun = Math.min(...plans.map(({ from }) => Date.parse(from)))
    for (let since = tick - LOOK_BACK_MS; ; since -= LOOK_BACK_MS) {
      const verdicts = rows.verdicts(citizen, since)
      const said = ({ kind, opens }: { kind: Kind; opens: number }) => verdicts.get(slotName(kind, opens)) ?? []
      const silence = silenceOf(plans, factsSince(since, sources), ticks, since, tick + 1, said)
      const oldest = silence.courses.find((course) => stateOf(course) !== 'filled')?.slot.opens ?? NEVER
      const first = Math.min(oldest, ...silence.unwatched.map(({ toldAt }) => toldAt))
      // A week without anything before it separates what began here from what began earlier.
      if (first - since > LOOK_AHEAD_MS || since <= begun) return { silence, since }
    }
  }

  function keep(courses: readonly Course[], since: number): void {
    const verdicts = rows.verdicts(citizen, since)
    for (const { slot, steps } of courses) {
      if (steps[0]?.verdict.state === 'filled') continue
      const known = verdicts.get(slotName(slot.kind, slot.opens))?.length ?? 0
      for (const { at, verdict } of steps.slice(known)) rows.addVerdict(citizen, slot.kind, slot.opens, at, verdict)
    }
  }

  function say(rule: string, episodes: readonly Episode[], since: number, now: string, cause?: string): void {
    const text = JSON.stringify(episodes)
    if (told.get(rule) === text) return
    told.set(rule, text)
    parts.tell(citizen, rule, episodes, isoTime(since), now, cause)
  }

  function tellAll({ missing, withdrawn, unwatched }: Silence, since: number, now: string): void {
    for (const kind of kinds) {
      const episodes = missing.filter((episode) => episode.kind === kind).map(missingToEpisode)
      const cause = withdrawn.findLast(({ slot }) => slot.kind === kind)?.cause
      say(missingRule(kind), episodes, since, now, cause)
    }
    for (const kind of [undefined, ...kinds]) {
      const episodes = unwatched
        .filter((episode) => episode.kind === kind)
        .flatMap((episode) => unwatchedToEpisode(episode))
      say(unwatchedRule(kind), episodes, since, now)
    }
  }

  const patience = () => Math.min(...plans.map((plan) => plan.unwatchedAfterHours)) * HOUR_MS

  /** The next time at which something can change by itself. */
  function nextFrom(tick: number, ticks: readonly TickRange[], silence: Silence): number {
    const ahead = inForce(plans).flatMap((plan) => slotsOf(plan, tick - LONGEST_SLOT_MS, tick + LOOK_AHEAD_MS))
    const undecided = silence.courses.filter(isUndecided).map(({ slot }) => slot)
    const silent = [...hubs].map((hub) => parts.newest(hub)).filter((fact) => fact?.heard === false)
    const pauses = silent.length === 0 ? [] : rows.pauses(citizen, tick).map(({ to }) => to)
    return Math.min(
      tick + LOOK_AHEAD_MS,
      ...[
        ...ahead.map(({ due }) => due),
        ...undecided.map(({ due }) => due + HUB_BEHIND_MS),
        ...undecided.map(({ due }) => (silenceOver(ticks, due)?.until ?? NEVER) + HUB_SILENT_MS),
        ...silence.unwatched.filter(({ endedAt }) => endedAt === undefined).map(({ since }) => since + patience()),
        ...silent.map((fact) => (fact?.lastHeard ?? NEVER) + patience()),
        ...pauses,
      ].filter((time) => time > tick),
    )
  }

  function settle(tick: number, ticks: readonly TickRange[], silence: Silence): void {
    const { courses, missing, unwatched } = silence
    waiting = courses.some(isUndecided)
    unsettled = waiting || [...missing, ...unwatched].some(({ endedAt }) => endedAt === undefined)
    newestMissed = Math.max(
      Number.NEGATIVE_INFINITY,
      ...courses.filter((c) => stateOf(c) === 'missed').map((c) => c.slot.due),
    )
    nextLook = nextFrom(tick, ticks, silence)
  }

  return {
    citizen,
    follow(versions) {
      if (JSON.stringify(versions) === JSON.stringify(plans)) return
      plans = versions
      nextLook = Number.NEGATIVE_INFINITY
    },
    waitsFor: () => (waiting ? hubs : new Set()),
    isDue(tick, changed, stored) {
      if (tick >= nextLook) return true
      if (stored !== undefined && (unsettled || stored < newestMissed)) return true
      const news = [...hubs].some((hub) => changed.has(hub))
      if (news && !unsettled) {
        const silent = [...hubs].map((hub) => parts.newest(hub)).filter((fact) => fact?.heard === false)
        for (const fact of silent) nextLook = Math.min(nextLook, (fact?.lastHeard ?? 0) + patience())
      }
      return unsettled && news
    },
    look(ticks, now) {
      const tick = ticks.at(-1)?.last ?? 0
      kinds = [...new Set(plans.map(({ kind }) => kind))]
      const { silence, since } = judged(ticks, tick, now)
      keep(silence.courses, since)
      tellAll(silence, since, now)
      settle(tick, ticks, silence)
    },
  }
}
