import type { Episode } from './episode.ts'
import { episodeKey } from './episode.ts'
import { step } from './fold.ts'
import { EMPTY, type FoldState, type RuleTimeline, versionAt } from './fold-state.ts'
import { DAY_MS, dayOf, type JudgedReading } from './judged-reading.ts'

/** States of a rule at the ends of earlier days, so that a late reading need not be judged from the beginning. */
export interface Snapshots {
  /** The newest one strictly before a position. */
  before(position: string): FoldState | undefined
  /** Positions of all of them. */
  positions(): readonly string[]
  put(state: FoldState): void
  drop(positions: readonly string[]): void
}

/** Where a rule stands. */
export interface Standing {
  readonly state: FoldState
  /** False: readings after it may have been judged already; they are folded again, to the same result. */
  readonly complete: boolean
}

/** What judging some readings led to. */
export interface Run {
  readonly state: FoldState
  /** Where it went on from: what was found after this position before is replaced by `episodes`. */
  readonly base: string
  /** The episode that was open there. */
  readonly baseEpisode: string | undefined
  /** All that were open at `base` or opened after it, oldest first. */
  readonly episodes: readonly Episode[]
}

/**
 * Snapshots to forget: of those between 2^n and 2^(n+1) days old the oldest is kept, so a late reading goes back at
 * most about twice as far as it is old, and there are few of them however long the history is.
 * @param newest day of the newest reading
 */
export function thinned(positions: readonly string[], newest: string): string[] {
  const kept = new Set<number>()
  const now = Date.parse(newest)
  return [...positions].sort().filter((position) => {
    const age = (now - Date.parse(dayOf(position))) / DAY_MS
    const order = age < 1 ? 0 : Math.floor(Math.log2(age)) + 1
    if (kept.has(order)) return true
    kept.add(order)
    return false
  })
}

/** Writes what is left of the new ones, and drops what they make superfluous. */
function keep(snapshots: Snapshots, states: readonly FoldState[], day: string): void {
  if (states.length === 0) return
  const known = new Set(snapshots.positions())
  const fresh = new Map(states.map((state) => [state.position, state]))
  const superfluous = new Set(thinned([...known, ...fresh.keys()], day))
  for (const [position, state] of fresh) if (!superfluous.has(position)) snapshots.put(state)
  const dropped = [...superfluous].filter((position) => known.has(position))
  if (dropped.length > 0) snapshots.drop(dropped)
}

/**
 * Judges readings of one citizen under one rule. In order it is one step for each; a late one goes back to the newest
 * snapshot before it and on from there.
 * @param current where the rule stands; undefined when it never judged
 * @param fresh readings that concern it and that it has not seen, in order
 * @param history all stored ones that concern it after a position, in order, the fresh ones among them
 */
export function advance(
  timeline: RuleTimeline,
  current: Standing | undefined,
  fresh: readonly JudgedReading[],
  snapshots: Snapshots,
  history: (after: string) => readonly JudgedReading[],
): Run {
  const first = fresh[0]?.position ?? ''
  const inOrder = current !== undefined && first > current.state.position
  if (inOrder && current.complete) return fold(timeline, current.state, fresh, snapshots)
  return again(timeline, current, first, snapshots, history)
}

/**
 * As {@link advance}, from a position on whatever was seen: after a change of the rules.
 * @param since a position, or a time: everything at or after it is judged again
 */
export function again(
  timeline: RuleTimeline,
  current: Standing | undefined,
  since: string,
  snapshots: Snapshots,
  history: (after: string) => readonly JudgedReading[],
): Run {
  const base =
    current !== undefined && current.state.position < since ? current.state : (snapshots.before(since) ?? EMPTY)
  snapshots.drop(snapshots.positions().filter((position) => position > base.position))
  return fold(timeline, base, history(base.position), snapshots)
}

function fold(timeline: RuleTimeline, base: FoldState, readings: readonly JudgedReading[], snapshots: Snapshots): Run {
  const first = timeline.versions[0]
  const episodes: Episode[] = []
  const ends: FoldState[] = []
  let state = base
  let day = dayOf(base.position)
  for (const reading of readings) {
    const today = dayOf(reading.at)
    if (today > day) {
      if (day !== '') ends.push(state)
      day = today
    }
    const version = versionAt(timeline, reading.at)
    const learning = first !== undefined && reading.at < first.from ? first : undefined
    const next = step(state, version, learning, reading)
    if (next.closed !== undefined) episodes.push(next.closed)
    state = next.state
  }
  if (state.episode !== undefined) episodes.push(state.episode)
  keep(snapshots, ends, day)
  return {
    state,
    base: base.position,
    baseEpisode: base.episode === undefined ? undefined : episodeKey(base.episode),
    episodes,
  }
}

const NO_SNAPSHOTS: Snapshots = { before: () => undefined, positions: () => [], put: () => {}, drop: () => {} }

/** All episodes of a finished history, in one pass and with nothing kept. @param readings in order */
export function episodesOf(timeline: RuleTimeline, readings: readonly JudgedReading[]): readonly Episode[] {
  return fold(timeline, EMPTY, readings, NO_SNAPSHOTS).episodes
}
