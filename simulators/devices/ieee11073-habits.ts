import type { ClockHabits } from './device-clock.ts'
import type { ObjectHabits, Specialization } from './ieee11073-objects.ts'

/** A store-and-forward agent of IEEE 11073-20601 on a byte stream, with the habits of real ones. */
export interface AgentOptions extends ObjectHabits {
  readonly id: string
  readonly specialization: Specialization
  /** EUI-64, 16 hex digits. */
  readonly systemId?: string
  /** extended: the manager has to ask what it is. */
  readonly configuration?: 'standard' | 'extended'
  readonly form?: 'fixed' | 'variable'
  /** Reports through a scanner of its own, with a layout that only its configuration tells; implies 'extended'. */
  readonly scanner?: 'fixed' | 'grouped'
  /** False: it forgets what it has sent. */
  readonly confirmed?: boolean
  readonly capacity?: number
  /** Records in one report. */
  readonly batch?: number
  readonly order?: 'oldest-first' | 'shuffled'
  readonly clock?: ClockHabits
  readonly batteryPercent?: number
  readonly asksForTime?: boolean
  /** late: it answers GET only when nothing of its own is open. never: not at all. */
  readonly answersGet?: 'at-once' | 'late' | 'never'
  /** It aborts so often after sending a report, without waiting for the result. */
  readonly abortsAfterReport?: number
  /** So many reports announce another length than they have: of the whole APDU, or of the event inside. */
  readonly lies?: { readonly about: 'apdu' | 'event'; readonly reports: number }
  readonly answerMs?: number
  readonly retryMs?: number
}

/** Where the lengths lie in a PRST with an event report: of the APDU, and of the event's information. */
const LENGTH_AT = { apdu: 2, event: 20 } as const
const LIE = 7

export function withLyingLength(report: Uint8Array, about: 'apdu' | 'event'): Uint8Array {
  const out = Buffer.from(report)
  const at = LENGTH_AT[about]
  out.writeUInt16BE(out.readUInt16BE(at) + LIE, at)
  return out
}
