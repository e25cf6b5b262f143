import { isNumber } from '../../device-drivers/reading.ts'
import { fromCanonical, toCanonical } from './canonical.ts'
import type { Session } from './fold-state.ts'
import type { JudgedReading } from './judged-reading.ts'
import type { Rule } from './rule.ts'

/** Blows within an hour of the first are one session; a session is judged by its best (ATS/ERS spirometry, 2019). */
const SESSION_MS = 60 * 60_000
const ENOUGH_BLOWS = 2

export interface Blown {
  readonly session: Session
  /** The reading with the best value so far in place of its own. */
  readonly reading: JudgedReading
  /** One blow alone says nothing bad. */
  readonly enough: boolean
}

const higher = (a: number | undefined, b: number): number => (a === undefined || b > a ? b : a)

/** @returns undefined where the rule takes each reading by itself, or the reading has no such value */
export function blown(rule: Rule, last: Session | undefined, reading: JudgedReading): Blown | undefined {
  if (!rule.twoBlows || !('quantity' in rule)) return undefined
  const { quantity } = rule
  const given = reading.values[quantity]
  if (!isNumber(given)) return undefined
  const open =
    last !== undefined && Date.parse(reading.at) - Date.parse(last.startedAt) <= SESSION_MS ? last : undefined
  const value = toCanonical(quantity, given.value)
  const session: Session = {
    startedAt: reading.at,
    blows: 0,
    ...open,
    ...(reading.trusted ? { best: higher(open?.best, value) } : { bestDoubtful: higher(open?.bestDoubtful, value) }),
  }
  const best = session.best ?? session.bestDoubtful ?? value
  const blows = session.blows + 1
  return {
    session: { ...session, blows },
    reading: {
      ...reading,
      values: { ...reading.values, [quantity]: { ...given, value: fromCanonical(quantity, best) } },
      trusted: session.best !== undefined,
    },
    enough: blows >= ENOUGH_BLOWS,
  }
}
