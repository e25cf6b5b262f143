import type { Fleet } from '../../shapes.ts'
import { type FleetHub, type Urgency, urgencyOf } from './trouble-words.ts'

/** Which hubs a technician wants to see, and in which order. Pure. */

export interface FleetFilter {
  readonly text: string
  readonly urgency: Urgency | 'all'
  /** Code of a trouble; empty for all. */
  readonly trouble: string
  /** Empty for all. */
  readonly version: string
}

export const NO_FILTER: FleetFilter = { text: '', urgency: 'all', trouble: '', version: '' }

/** Everything of a hub that somebody may look for. */
function textsOf({ hub, version, installation, devices }: FleetHub): string {
  const own = devices.flatMap(({ device, driver, model, firmware }) => [device, driver, model, firmware])
  return [hub, version, installation?.id, ...own].join(' ').toLowerCase()
}

/** All words of the text must be found. */
export function filtered(hubs: readonly FleetHub[], { text, urgency, trouble, version }: FleetFilter): FleetHub[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return hubs.filter((hub) => {
    if (urgency !== 'all' && urgencyOf(hub) !== urgency) return false
    if (trouble !== '' && !hub.troubles.includes(trouble)) return false
    if (version !== '' && hub.version !== version) return false
    if (words.length === 0) return true
    const texts = textsOf(hub)
    return words.every((word) => texts.includes(word))
  })
}

/** How many hubs have each of something, most first. */
export function counted(
  hubs: readonly FleetHub[],
  of: (hub: FleetHub) => readonly string[],
): (readonly [string, number])[] {
  const counts = new Map<string, number>()
  for (const hub of hubs) for (const name of of(hub)) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].sort(([a, many], [b, few]) => few - many || (a < b ? -1 : 1))
}

/**
 * Hubs as they are now in the order in which they stand on the page: nothing moves under the finger. New ones follow.
 * @returns also how many have got into trouble since they were put in this order
 */
export function keptInOrder(
  fleet: Fleet,
  order: ReadonlyMap<string, Urgency>,
): { readonly hubs: readonly FleetHub[]; readonly worse: number } {
  const places = new Map([...order.keys()].map((hub, place) => [hub, place]))
  const end = places.size
  const hubs = fleet.hubs.toSorted((a, b) => (places.get(a.hub) ?? end) - (places.get(b.hub) ?? end))
  const RANK: Readonly<Record<Urgency, number>> = { now: 0, soon: 1, fine: 2 }
  const worse = hubs.filter((hub) => RANK[urgencyOf(hub)] < RANK[order.get(hub.hub) ?? 'fine']).length
  return { hubs, worse }
}

/** The order to keep: as the broker sorted them. */
export const orderOf = ({ hubs }: Fleet): ReadonlyMap<string, Urgency> =>
  new Map(hubs.map((hub) => [hub.hub, urgencyOf(hub)]))
