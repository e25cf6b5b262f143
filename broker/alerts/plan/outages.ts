import { asOf, type HubFact } from './facts.ts'
import { silencesIn, type TickRange } from './ticks.ts'
import { HUB_SILENT_MS } from './verdict.ts'

/** What a technician is told: a hub that is silent, the broker's own line, the engine itself. */

export interface Outage {
  readonly cause: 'hub-offline' | 'line-silent' | 'engine-silent'
  /** One for 'hub-offline', many for 'line-silent', none for 'engine-silent'. */
  readonly hubs: readonly string[]
  /** The last sure sign. */
  readonly since: number
  /** The tick at which it was first said. */
  readonly toldAt: number
  readonly endedAt?: number
}

/**
 * So many hubs that fell silent together, and such a part of all that were heard, are no homes with a fault each: it is
 * the line or the machine in front of them. Ten homes on one street cabinet are fewer.
 */
const LINE_HUBS = 10
const LINE_SHARE = 0.2
/** A cut line is noticed by each hub's own keepalive, of half a minute, and their last words lie as far apart. */
const TOGETHER_MS = 5 * 60_000

interface SilentHub {
  readonly hub: string
  readonly since: number
  readonly from: number
  readonly to: number
}

const NEVER = Number.POSITIVE_INFINITY

function silentHubs(hubs: ReadonlyMap<string, readonly HubFact[]>): SilentHub[] {
  const silent: SilentHub[] = []
  for (const [hub, facts] of hubs) {
    for (const [index, { heard, at, lastHeard }] of facts.entries()) {
      if (heard || facts[index - 1]?.heard === false) continue
      const to = facts.slice(index + 1).find((fact) => fact.heard)?.at ?? NEVER
      silent.push({ hub, since: lastHeard, from: at, to })
    }
  }
  return silent.sort((a, b) => a.since - b.since || (a.hub < b.hub ? -1 : 1))
}

/** Groups of hubs whose last words lie close together. */
function together(silent: readonly SilentHub[]): SilentHub[][] {
  const groups: SilentHub[][] = []
  for (const one of silent) {
    const group = groups.at(-1)
    const first = group?.[0]
    if (group !== undefined && first !== undefined && one.since - first.since <= TOGETHER_MS) group.push(one)
    else groups.push([one])
  }
  return groups
}

/** When half of a line's hubs are heard again the line is back; who is still silent then has a fault of their own. */
function lineBackAt(group: readonly SilentHub[]): number {
  const ends = group.map(({ to }) => to).sort((a, b) => a - b)
  return ends[Math.ceil(group.length / 2) - 1] ?? NEVER
}

const ended = (to: number) => (to === NEVER ? {} : { endedAt: to })

/**
 * Outages by what is known of the hubs; a hundred hubs that are silent at once are one.
 * @param hubs facts of each hub, ordered by `at`
 */
export function outagesOf(hubs: ReadonlyMap<string, readonly HubFact[]>, ticks: readonly TickRange[]): Outage[] {
  const now = ticks.at(-1)?.last ?? 0
  // It stands while hubs are given time to come back.
  const outages: Outage[] = silencesIn(ticks).map(({ from, until }) => ({
    cause: 'engine-silent',
    hubs: [],
    since: from,
    toldAt: until,
    ...(now < until + HUB_SILENT_MS ? {} : { endedAt: until + HUB_SILENT_MS }),
  }))
  for (const group of together(silentHubs(hubs))) {
    const since = group[0]?.since ?? 0
    const heardBefore = [...hubs.values()].filter((facts) => asOf(facts, since)?.heard === true).length
    const line = group.length >= LINE_HUBS && group.length >= heardBefore * LINE_SHARE
    const back = line ? lineBackAt(group) : 0
    if (line) {
      const told = Math.min(...group.map(({ from }) => from))
      outages.push({ cause: 'line-silent', hubs: group.map(({ hub }) => hub), since, toldAt: told, ...ended(back) })
    }
    for (const { hub, since: last, from, to } of group) {
      const told = Math.max(from, back)
      if (told < to) outages.push({ cause: 'hub-offline', hubs: [hub], since: last, toldAt: told, ...ended(to) })
    }
  }
  return outages
}
