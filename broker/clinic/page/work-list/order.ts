import type { Standing, WorkItem, WorkList } from '../../shapes.ts'

/** Worst first, as the broker orders the list (workListSchema), so that one changed citizen finds the right place. Pure. */

export type Group = Standing | 'paused'

export const groupOf = (item: WorkItem): Group => (item.pausedUntil === undefined ? item.standing : 'paused')

const RANK: Readonly<Record<Group, number>> = { red: 0, yellow: 1, blue: 2, unknown: 3, paused: 4 }

/** As `array.sort` takes it. */
export function worstFirst(a: WorkItem, b: WorkItem): number {
  return (
    RANK[groupOf(a)] - RANK[groupOf(b)] ||
    RANK[a.standing] - RANK[b.standing] ||
    Number(a.acknowledged) - Number(b.acknowledged) ||
    (a.since < b.since ? -1 : a.since > b.since ? 1 : 0) ||
    (a.citizen < b.citizen ? -1 : 1)
  )
}

/** The list with what is now known of one citizen; null: nothing to tell any more. */
export function withItem(list: WorkList, citizen: string, item: WorkItem | null): WorkList {
  const before = list.items.find((one) => one.citizen === citizen)
  const others = list.items.filter((one) => one.citizen !== citizen)
  const counts = { ...list.counts }
  if (before !== undefined) counts[groupOf(before)] -= 1
  if (item !== null) counts[groupOf(item)] += 1
  const calm = list.calm + (before === undefined ? 0 : 1) - (item === null ? 0 : 1)
  return {
    ...list,
    items: item === null ? others : [...others, item].sort(worstFirst),
    counts,
    calm: Math.max(0, calm),
  }
}

/** The list as it is now, with the items of before where they say the same: their rows need not be drawn anew. */
export function keepingSame(before: WorkList | undefined, list: WorkList): WorkList {
  const known = new Map(before?.items.map((item) => [item.citizen, item]))
  const items = list.items.map((item) => {
    const old = known.get(item.citizen)
    return old !== undefined && JSON.stringify(old) === JSON.stringify(item) ? old : item
  })
  return { ...list, items }
}
