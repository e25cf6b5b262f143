import type { BrokerClock } from '../../broker-clock.ts'
import type { HubKnown } from '../../hub-states.ts'
import type { Registry } from '../../registry.ts'
import type { Journal } from '../../store/journal.ts'
import type { AlertLog } from '../alert-log.ts'
import { type CitizenWatch, openCitizenWatch } from './citizen-watch.ts'
import { openFactRows } from './fact-rows.ts'
import { openHomeFacts } from './home-facts.ts'
import { openOutageWatch } from './outage-watch.ts'
import { openPlanReader } from './plan-rows.ts'
import { TICK_MS, type TickRange, tickAt, withTick } from './ticks.ts'

/** Looks once a minute at what did not come. */
export interface PlanWatch {
  /**
   * In the caller's transaction. Call it as often as you like: once a minute it does something.
   * @param now wall time, ISO 8601
   * @returns true while some citizens are still to be looked at for this minute; call again soon
   */
  look(now: string): boolean
  /** The transaction was rolled back: what is remembered is read anew. */
  forget(): void
}

export interface PlanWatchParts {
  readonly journal: Journal
  readonly registry: Pick<Registry, 'version' | 'hubOf'>
  /** What hubs said since the broker started. */
  readonly hubs: () => Iterable<HubKnown>
  readonly tell: AlertLog['reconcile']
  readonly clock: Pick<BrokerClock, 'monotonic'>
}

/** Longer at once readings and answers do not wait: after a start there are thousands of citizens to look at. */
const BREATH_MS = 5

export function openPlanWatch(parts: PlanWatchParts): PlanWatch {
  const { journal, registry, clock } = parts
  const rows = openFactRows(journal)
  const readPlans = openPlanReader(journal)
  let ticks: readonly TickRange[]
  let facts: ReturnType<typeof openHomeFacts>
  let outages: ReturnType<typeof openOutageWatch>
  let citizens: Map<string, CitizenWatch>
  let registryRead: number | undefined
  let position: number
  let queue: CitizenWatch[]

  function load(): void {
    ticks = rows.ticks()
    facts = openHomeFacts(rows, ticks.at(-1)?.last)
    outages = openOutageWatch(rows, parts.tell)
    citizens = new Map()
    registryRead = undefined
    position = rows.lastPosition()
    queue = []
  }
  load()

  function followRegistry(): void {
    if (registryRead === registry.version) return
    registryRead = registry.version
    const plans = readPlans()
    for (const citizen of citizens.keys()) if (!plans.has(citizen)) citizens.delete(citizen)
    for (const [citizen, versions] of plans) {
      const known = citizens.get(citizen)
      if (known === undefined) {
        citizens.set(
          citizen,
          openCitizenWatch({ citizen, rows, registry, tell: parts.tell, newest: facts.newest }, versions),
        )
      } else known.follow(versions)
    }
  }

  /** Whom something happened to that may change what is said of them. */
  function gather(tick: number, changed: ReadonlySet<string>): void {
    const late = new Map<string, number>()
    for (const stored of rows.stored(position)) {
      position = stored.position
      late.set(stored.citizen, Math.min(late.get(stored.citizen) ?? stored.measuredAt, stored.measuredAt))
    }
    queue = [...citizens.values()].filter((watch) => watch.isDue(tick, changed, late.get(watch.citizen)))
  }

  function startMinute(tick: number): void {
    rows.addTick(tick)
    const slept = ticks.at(-1) !== undefined && tick - (ticks.at(-1)?.last ?? tick) > TICK_MS
    ticks = withTick(ticks, tick)
    followRegistry()
    const wanted = new Set([...citizens.values()].flatMap((watch) => [...watch.waitsFor()]))
    const { changed, flipped } = facts.look(tick, parts.hubs(), wanted)
    outages.look(ticks, flipped, slept)
    gather(tick, changed)
  }

  return {
    look(now) {
      const tick = tickAt(Date.parse(now))
      if (tick > (ticks.at(-1)?.last ?? Number.NEGATIVE_INFINITY)) {
        // Who was not reached in the last minute is not forgotten over the new one.
        const left = queue
        startMinute(tick)
        queue = [...new Set([...left, ...queue])]
      }
      const began = clock.monotonic()
      do queue.shift()?.look(ticks, now)
      while (queue.length > 0 && clock.monotonic() - began < BREATH_MS)
      return queue.length > 0
    },
    forget: load,
  }
}
