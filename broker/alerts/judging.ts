import type { FoldState } from './fold-state.ts'
import { concerns, type RuleTimeline, watchedBy } from './fold-state.ts'
import type { JudgedReading } from './judged-reading.ts'
import type { Finding, StoredEpisode } from './reconcile.ts'
import { advance, again, type Run, type Snapshots, type Standing } from './rule-run.ts'

/** Where the rules of one citizen stand. */
export interface CitizenStates {
  current(rule: string): Standing | undefined
  /** @param continued it goes on from where the rule stood */
  save(rule: string, state: FoldState, continued: boolean): void
  snapshots(rule: string): Snapshots
  episodesAfter(rule: string, base: string, open: string | undefined): readonly StoredEpisode[]
}

/** One citizen to be judged: what came, or from when on everything. */
export interface Due {
  readonly timelines: readonly RuleTimeline[]
  /** Readings that were not judged yet, in order. */
  readonly fresh: readonly JudgedReading[]
  /** Judge everything at or after this position or time again. */
  readonly since?: string
  /** Stored readings after a position, in order. */
  readonly history: (after: string) => readonly JudgedReading[]
}

const watchedOf = new WeakMap<RuleTimeline, ReadonlySet<string>>()
function watched(timeline: RuleTimeline): ReadonlySet<string> {
  const known = watchedOf.get(timeline) ?? watchedBy(timeline)
  watchedOf.set(timeline, known)
  return known
}

/** True when some rule looks at the reading. */
export const isWatched = (timelines: readonly RuleTimeline[], reading: JudgedReading): boolean =>
  timelines.some((timeline) => concerns(watched(timeline), reading))

function runOf(timeline: RuleTimeline, states: CitizenStates, due: Due): Run | undefined {
  const names = watched(timeline)
  const current = states.current(timeline.id)
  const history = (after: string) => due.history(after).filter((reading) => concerns(names, reading))
  if (due.since !== undefined) return again(timeline, current, due.since, states.snapshots(timeline.id), history)
  const fresh = due.fresh.filter((reading) => concerns(names, reading))
  return fresh.length === 0 ? undefined : advance(timeline, current, fresh, states.snapshots(timeline.id), history)
}

/** Judges one citizen under all rules, and keeps where they stand. @returns what differs from what was stored */
export function judge(states: CitizenStates, due: Due): Finding[] {
  return due.timelines.flatMap((timeline): Finding[] => {
    const before = states.current(timeline.id)
    const run = runOf(timeline, states, due)
    if (run === undefined) return []
    const continued = run.base === before?.state.position
    if (run.state.position !== '') states.save(timeline.id, run.state, continued)
    const quiet = continued && before.complete && run.baseEpisode === undefined
    const stored = quiet ? [] : states.episodesAfter(timeline.id, run.base, run.baseEpisode)
    if (stored.length === 0 && run.episodes.length === 0) return []
    return [{ rule: timeline.id, before: stored, after: run.episodes }]
  })
}
