import { isoTime } from '../../store/iso-time.ts'
import type { AlertLog } from '../alert-log.ts'
import type { FactRows } from './fact-rows.ts'
import type { HubFact } from './facts.ts'
import { type Outage, outagesOf } from './outages.ts'
import type { TickRange } from './ticks.ts'
import { OUTAGE_RULES, outageToEpisode } from './to-episodes.ts'
import { HUB_SILENT_MS } from './verdict.ts'

/**
 * Of whom a technician's alert speaks where no citizen is meant: the hub by its id, and this for what concerns all. No
 * organisation has a grant for either, so no clinic sees them.
 */
const EVERYBODY = 'broker'
/** Outages that ended longer ago than this are not gone into any more. */
const REMEMBERED_MS = 35 * 24 * 3600_000
const END_OF_TIME = Number.POSITIVE_INFINITY

/** Tells technicians of hubs, line and engine. */
export interface OutageWatch {
  /** @param flipped facts of hubs that fell silent or were heard again; @param slept there was a gap before this look */
  look(ticks: readonly TickRange[], flipped: readonly HubFact[], slept: boolean): void
}

export function openOutageWatch(rows: FactRows, tell: AlertLog['reconcile']): OutageWatch {
  const hubs = new Map<string, HubFact[]>()
  for (const fact of rows.flips()) note(fact)
  const told = new Map<string, string>()
  let catchingUp = END_OF_TIME
  let first = true

  function note(fact: HubFact): void {
    const known = hubs.get(fact.hub)
    if (known === undefined) hubs.set(fact.hub, [fact])
    else known.push(fact)
  }

  /** Of one subject and rule; only when it is not what was said last. */
  function say(subject: string, rule: string, outages: readonly Outage[], since: number, now: number): void {
    const name = `${subject}/${rule}`
    const text = JSON.stringify(outages)
    if (told.get(name) === text || (outages.length === 0 && !told.has(name))) return
    told.set(name, text)
    tell(subject, rule, outages.map(outageToEpisode), isoTime(since), isoTime(now))
  }

  return {
    look(ticks, flipped, slept) {
      const now = ticks.at(-1)?.last ?? 0
      for (const fact of flipped) note(fact)
      if (flipped.length === 0 && !slept && !first && now < catchingUp) return
      first = false
      const all = outagesOf(hubs, ticks)
      const since = Math.min(
        now - REMEMBERED_MS,
        ...all.filter((o) => o.endedAt === undefined).map((o) => o.toldAt - 1),
      )
      const recent = all.filter(({ toldAt }) => toldAt > since)
      // Nothing happens at the end of the time that hubs are given; it is looked for.
      const open = recent.filter(({ cause, endedAt }) => cause === 'engine-silent' && endedAt === undefined)
      catchingUp = Math.min(END_OF_TIME, ...open.map(({ toldAt }) => toldAt + HUB_SILENT_MS))
      for (const rule of ['line-silent', 'engine-silent'] as const) {
        say(
          EVERYBODY,
          OUTAGE_RULES[rule],
          recent.filter(({ cause }) => cause === rule),
          since,
          now,
        )
      }
      for (const hub of hubs.keys()) {
        const mine = recent.filter(({ cause, hubs: names }) => cause === 'hub-offline' && names[0] === hub)
        say(hub, OUTAGE_RULES['hub-offline'], mine, since, now)
      }
    },
  }
}
