import type { PauseFact } from './facts.ts'
import type { Plan } from './plan.ts'
import { inForce } from './silence.ts'
import { type Slot, slotsBetween } from './slots.ts'

/**
 * Until when a device that measures now and then may stay silent: it is neither online nor offline, it was seen, and is
 * expected again. Times are ms since 1970 UTC.
 */

/** What one citizen last measured of a kind, by the device that did, and what was agreed about the kind. */
export interface Use {
  readonly device: string
  readonly at: number
  /** All versions of the citizen's plan for this kind, in any order. */
  readonly plans: readonly Plan[]
  /** Of the citizen, since `at`. */
  readonly pauses: readonly Pick<PauseFact, 'from' | 'to'>[]
}

/** Further ahead nothing is agreed: the longest rhythm of a plan is 366 days. */
const AHEAD_MS = 400 * 24 * 3600_000

/** The first slot after a time in which the citizen did not pause. */
function nextSlot({ plans, pauses }: Use, after: number, now: number): Slot | undefined {
  const isPaused = (slot: Slot) => pauses.some(({ from, to }) => from < slot.due && to > slot.opens)
  const slots = inForce(plans).flatMap((plan) => {
    for (const slot of slotsBetween(plan, after + 1, now + AHEAD_MS)) if (!isPaused(slot)) return [slot]
    return []
  })
  return slots.sort((a, b) => a.due - b.due)[0]
}

/**
 * When each device is expected to have measured again, at the latest: the end of the first slot, grace included, that
 * opened after it last measured. In the past: it is overdue since then. A device that several kinds or people were
 * measured with is expected by the first of them, and is not overdue because one of them is: it has not been silent. Of
 * a device that nothing is planned for, or that has never measured, nothing is said. Pure.
 */
export function expectedBy(uses: readonly Use[], now: number): ReadonlyMap<string, number> {
  const expected = new Map<string, number>()
  for (const [device, own] of Map.groupBy(uses, (use) => use.device)) {
    const last = Math.max(...own.map(({ at }) => at))
    const dues = own.flatMap((use) => nextSlot(use, last, now)?.due ?? [])
    if (dues.length > 0) expected.set(device, Math.min(...dues))
  }
  return expected
}
