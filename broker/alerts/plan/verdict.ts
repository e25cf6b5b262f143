import type { PauseFact, PlannedReading } from './facts.ts'
import type { Slot } from './slots.ts'
import { TICK_MS } from './ticks.ts'

/**
 * What is said of one slot at one tick. A citizen is blamed only when the home has confirmed that nothing is on its way:
 * silence of the equipment is never taken for silence of the person.
 */

/** Why nothing came, most certain first. Each says who can do something about it. */
export const CAUSES = [
  'not-measured',
  'device-battery',
  'device-fault',
  'radio-silent',
  'hub-offline',
  'hub-behind',
  'engine-silent',
  'no-device',
] as const
export type Cause = (typeof CAUSES)[number]

/** Causes of a whole home: they speak of every kind at once. */
export const HOME_CAUSES: ReadonlySet<Cause> = new Set<Cause>([
  'radio-silent',
  'hub-offline',
  'hub-behind',
  'engine-silent',
  'no-device',
])

/**
 * A hub sends its health every minute and lives behind a home's internet line: shorter silences are everyday life and
 * nobody could do anything in that time. Also how long hubs are given to come back after the engine was silent.
 */
export const HUB_SILENT_MS = 15 * TICK_MS
/** A hub that is heard but has not delivered everything: a backlog of weeks is through in minutes. */
export const HUB_BEHIND_MS = 15 * TICK_MS

/**
 * waiting: not due, or not yet certain. filled: measured. excused: a pause. missed: the home confirmed that it holds
 * nothing. unknown: it did not confirm, and why.
 */
export type Verdict =
  | { readonly state: 'waiting' }
  | { readonly state: 'filled'; readonly reading: string }
  | { readonly state: 'excused'; readonly pause: string }
  | { readonly state: 'missed' | 'unknown'; readonly cause: Cause }

/** What was known at the tick. */
export interface Known {
  /** Of the slot, if any. */
  readonly reading: Pick<PlannedReading, 'id'> | undefined
  /** That overlaps the slot, if any. */
  readonly pause: Pick<PauseFact, 'id'> | undefined
  /** Of each hub that could have brought it; empty: the citizen has no device. */
  readonly hubs: readonly {
    readonly heard: boolean
    readonly holdsNothingBefore?: number
    /** At some moment between the slot's opening and its due time. */
    readonly radioFailed: boolean
  }[]
  readonly device: { readonly batteryLow: boolean; readonly problem?: string } | undefined
  /** The engine did not look when the slot fell due, and looked again from this tick on. */
  readonly engineBackAt: number | undefined
}

/**
 * @param tick ms since 1970 UTC
 *
 * A spot-check device that nobody has seen since the slot opened may hold a reading in its memory. That is not
 * distinguished from not measuring: its owner has to bring it near the hub either way, and a phone call finds out. If
 * the reading comes later, the alert is withdrawn.
 */
export function judge(slot: Slot, tick: number, known: Known): Verdict {
  const { reading, pause, hubs, device, engineBackAt } = known
  if (reading !== undefined) return { state: 'filled', reading: reading.id }
  if (pause !== undefined) return { state: 'excused', pause: pause.id }
  if (tick < slot.due) return { state: 'waiting' }
  if (hubs.length === 0) return { state: 'unknown', cause: 'no-device' }
  if (!hubs.every(({ holdsNothingBefore = 0 }) => holdsNothingBefore >= slot.due)) {
    if (engineBackAt !== undefined && tick < engineBackAt + HUB_SILENT_MS) {
      return { state: 'unknown', cause: 'engine-silent' }
    }
    if (hubs.some(({ heard }) => !heard)) return { state: 'unknown', cause: 'hub-offline' }
    return tick < slot.due + HUB_BEHIND_MS ? { state: 'waiting' } : { state: 'unknown', cause: 'hub-behind' }
  }
  // The last cause that can be told from the facts before the citizen is thought of.
  if (hubs.some(({ radioFailed }) => radioFailed)) return { state: 'missed', cause: 'radio-silent' }
  if (device?.batteryLow === true) return { state: 'missed', cause: 'device-battery' }
  if (device?.problem !== undefined) return { state: 'missed', cause: 'device-fault' }
  return { state: 'missed', cause: 'not-measured' }
}
