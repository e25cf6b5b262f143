import type { PauseFact } from './facts.ts'
import type { Plan } from './plan.ts'
import { inForce } from './silence.ts'
import { type Slot, slotsBetween } from './slots.ts'

/**
 * Until when a device that measures now and then may stay silent: it is neither online nor offline, it was seen, and is
 * expected again. Times are ms since 1970 UTC.
 */

/** One citizen measured one kind with a device, and what was agreed about the kind. */
export interface Use {
  /** The last time. */
  readonly at: number
  /** All versions of the citizen's plan for this kind, in any order. */
  readonly plans: readonly Plan[]
  /** Of the citizen, since `at`. */
  readonly pauses: readonly Pick<PauseFact, 'from' | 'to'>[]
}

/** Further ahead nothing is agreed: the longest rhythm of a plan is 366 days. */
const AHEAD_MS = 400 * 24 * 3600_000

/**
 * The first slot after a time in which the citizen did not pause. One that has passed counts while more will come: of what
 * was agreed once nobody waits for a measurement any more.
 */
function nextSlot({ plans, pauses }: Use, after: number, now: number): Slot | undefined {
  const isPaused = (slot: Slot) => pauses.some(({ from, to }) => from < slot.due && to > slot.opens)
  const holding = inForce(plans)
  const firstFrom = (from: number) =>
    holding
      .flatMap((plan) => {
        for (const slot of slotsBetween(plan, from, now + AHEAD_MS)) if (!isPaused(slot)) return [slot]
        return []
      })
      .sort((a, b) => a.due - b.due)[0]
  const next = firstFrom(after + 1)
  return next === undefined || next.due > now || firstFrom(now) !== undefined ? next : undefined
}

/**
 * When a device is expected to have measured again, at the latest: the end of the first slot, grace included, that
 * opened after it last measured. In the past: it is overdue since then. One that several kinds or people were measured
 * with is expected by the first of them, and is not overdue because one of them is: it has not been silent. Pure.
 * @param uses of one device, at least one
 * @returns undefined when no plan expects anything
 */
export function expectedBy(uses: readonly Use[], now: number): number | undefined {
  const last = Math.max(...uses.map(({ at }) => at))
  const dues = uses.flatMap((use) => nextSlot(use, last, now)?.due ?? [])
  return dues.length === 0 ? undefined : Math.min(...dues)
}
