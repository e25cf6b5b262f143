/**
 * The engine's own sense of time: it looks once a minute, on the minute, and each look is kept. A look that was not made
 * can't be made up for, but it shows: what fell due meanwhile was not watched by anybody.
 */

export const TICK_MS = 60_000
/** A restart takes seconds. Who was away longer says so. */
export const ENGINE_SILENT_MS = 5 * TICK_MS

/** Looks at every minute from first to last, both included; ms since 1970 UTC. */
export interface TickRange {
  readonly first: number
  readonly last: number
}

/** The grid: the newest minute that has begun. @param now ms since 1970 UTC */
export const tickAt = (now: number): number => Math.floor(now / TICK_MS) * TICK_MS

/** The first look at or after a time; undefined while there was none. @param ranges in order, apart */
export function firstTickFrom(ranges: readonly TickRange[], time: number): number | undefined {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle]?.last ?? 0) < time) low = middle + 1
    else high = middle
  }
  const range = ranges[low]
  if (range === undefined) return undefined
  const tick = Math.max(range.first, Math.ceil(time / TICK_MS) * TICK_MS)
  return tick
}

/**
 * The silence of the engine over a time: when it had looked last and when it looked again; undefined when it was awake.
 * @param ranges in order, apart
 */
export function silenceOver(
  ranges: readonly TickRange[],
  time: number,
): { readonly from: number; readonly until: number } | undefined {
  const until = firstTickFrom(ranges, time)
  if (until === undefined || until - time <= ENGINE_SILENT_MS) return undefined
  const before = ranges.findLast(({ last }) => last < time)
  return { from: before?.last ?? time, until }
}

/** The ranges with one more look; a look that was made already changes nothing. */
export function withTick(ranges: readonly TickRange[], tick: number): readonly TickRange[] {
  const newest = ranges.at(-1)
  if (newest !== undefined && tick <= newest.last) return ranges
  if (newest !== undefined && tick === newest.last + TICK_MS) {
    return [...ranges.slice(0, -1), { first: newest.first, last: tick }]
  }
  return [...ranges, { first: tick, last: tick }]
}

/** Every silence of the engine: when it had looked last, and when it looked again. @param ranges in order, apart */
export function silencesIn(ranges: readonly TickRange[]): { readonly from: number; readonly until: number }[] {
  return ranges.slice(1).flatMap(({ first }, index) => {
    const from = ranges[index]?.last ?? first
    return first - from > ENGINE_SILENT_MS ? [{ from, until: first }] : []
  })
}
