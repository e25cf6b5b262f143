import type { WorkItem } from '../../shapes.ts'

/** What is on the screen while somebody's finger, pointer or focus is on it: rows change, and none of them moves. Pure. */

export interface Row {
  readonly item: WorkItem
  /** No longer on the list; it stays in its place until the order is made anew. */
  readonly gone: boolean
}

export interface Arrangement {
  readonly rows: readonly Row[]
  /** Citizens who would come, go or move. */
  readonly waiting: number
}

/**
 * @param shown what is on the screen
 * @param items the list as it is, worst first
 * @param held nothing may move now
 */
export function arrange(shown: readonly Row[], items: readonly WorkItem[], held: boolean): Arrangement {
  if (!held || shown.length === 0) return { rows: items.map((item) => ({ item, gone: false })), waiting: 0 }
  const place = new Map(items.map((item, index) => [item.citizen, index]))
  const rows = shown.map((row): Row => {
    const item = items[place.get(row.item.citizen) ?? -1]
    if (item === undefined) return row.gone ? row : { item: row.item, gone: true }
    return item === row.item && !row.gone ? row : { item, gone: false }
  })
  const there = new Set(shown.map(({ item }) => item.citizen))
  const come = items.filter(({ citizen }) => !there.has(citizen)).length
  const staying = rows.flatMap(({ item, gone }) => (gone ? [] : (place.get(item.citizen) ?? [])))
  return { rows, waiting: come + (rows.length - staying.length) + (staying.length - longestRise(staying)) }
}

/** Length of the longest rising subsequence: so many can stay where they are (patience sorting). */
function longestRise(places: readonly number[]): number {
  const tails: number[] = []
  for (const place of places) {
    const found = tails.findIndex((tail) => tail >= place)
    tails[found < 0 ? tails.length : found] = place
  }
  return tails.length
}
