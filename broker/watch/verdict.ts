/**
 * Is somebody watching over the citizens? Three signals must come again and again: the heartbeat says that the process
 * turns, the rise and the clear of the test alert say that a reading still becomes an alert, and that it ends. One that
 * stays away is an alarm, whatever the others say. Pure: times are monotonic ms.
 */

export const SIGNALS = ['heartbeat', 'rise', 'clear'] as const
export type Signal = (typeof SIGNALS)[number]

export interface Watch {
  /** When each was last seen; at first, when watching began: a start is no alarm. */
  readonly seen: Readonly<Record<Signal, number>>
  /** When this was last judged. */
  readonly judgedAt: number
  /** Since when an alarm stands. */
  readonly alarmAt: number | undefined
  readonly toldAt: number
}

export interface Pace {
  /** A signal is late after this long. */
  readonly silentMs: number
  /** A standing alarm is told again after this long. */
  readonly remindMs: number
}

export type Verdict =
  | { readonly tell: 'nothing' }
  | { readonly tell: 'late' | 'still-late'; readonly late: readonly Signal[] }
  | { readonly tell: 'well'; readonly afterMs: number }

/** Longer between two judgements, and it was the watcher that stood still (a stopped machine), not the watched. */
const STOOD_STILL_MS = 5_000

export function beginWatch(now: number): Watch {
  return { seen: { heartbeat: now, rise: now, clear: now }, judgedAt: now, alarmAt: undefined, toldAt: now }
}

export function see(watch: Watch, signal: Signal, now: number): Watch {
  return { ...watch, seen: { ...watch.seen, [signal]: now } }
}

/** How long the watcher itself was not there before this judgement; 0 as a rule. */
export function stoodStillMs(watch: Watch, now: number): number {
  const gap = now - watch.judgedAt
  return gap > STOOD_STILL_MS ? gap : 0
}

export function judge(before: Watch, pace: Pace, now: number): { readonly watch: Watch; readonly verdict: Verdict } {
  const gap = stoodStillMs(before, now)
  const seen = { ...before.seen }
  // What could not be seen while nobody looked is not late.
  for (const signal of SIGNALS) seen[signal] = Math.min(now, seen[signal] + gap)
  const watch: Watch = { ...before, seen, judgedAt: now }
  const late = SIGNALS.filter((signal) => now - seen[signal] > pace.silentMs)
  const { alarmAt } = watch
  if (alarmAt === undefined) {
    if (late.length === 0) return { watch, verdict: { tell: 'nothing' } }
    return { watch: { ...watch, alarmAt: now, toldAt: now }, verdict: { tell: 'late', late } }
  }
  // Over when everything was seen since, not when the one that was late comes by chance.
  if (SIGNALS.every((signal) => seen[signal] > alarmAt)) {
    return { watch: { ...watch, alarmAt: undefined }, verdict: { tell: 'well', afterMs: now - alarmAt } }
  }
  if (now - watch.toldAt < pace.remindMs) return { watch, verdict: { tell: 'nothing' } }
  return { watch: { ...watch, toldAt: now }, verdict: { tell: 'still-late', late } }
}
