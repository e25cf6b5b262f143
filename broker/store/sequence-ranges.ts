/**
 * Which sequence numbers of a hub's outbox have come, as sorted, disjoint, non-adjacent inclusive ranges. Normally one
 * range; live readings before a backlog make two for a while, and a hole that stays is a lost reading.
 */
export type Range = readonly [first: number, last: number]

export function includes(ranges: readonly Range[], n: number): boolean {
  return ranges.some(([first, last]) => n >= first && n <= last)
}

export function add(ranges: readonly Range[], [first, last]: Range): readonly Range[] {
  const before = ranges.filter((r) => r[1] < first - 1)
  const after = ranges.filter((r) => r[0] > last + 1)
  const touched = ranges.slice(before.length, ranges.length - after.length)
  const low = Math.min(first, touched[0]?.[0] ?? first)
  const high = Math.max(last, touched.at(-1)?.[1] ?? last)
  return [...before, [low, high], ...after]
}

/** How many numbers are in the ranges. */
export function size(ranges: readonly Range[]): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
}

/** Outbox numbers start at 1: the last number up to which nothing is missing, and what is missing below the highest. */
export function holes(ranges: readonly Range[]): { contiguous: number; highest: number; missing: number } {
  const start = ranges[0]
  const highest = ranges.at(-1)?.[1] ?? 0
  return { contiguous: start?.[0] === 1 ? start[1] : 0, highest, missing: highest - size(ranges) }
}
