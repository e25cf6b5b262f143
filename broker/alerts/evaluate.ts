import { createHash } from 'node:crypto'
import { isTrustworthy, type Reading, type Status } from '../../device-drivers/reading.ts'
import type { AlertMessage, Breach } from '../contract/messages.ts'
import { breachOf, isAlertBound, isComparable, type Limits } from './limits.ts'

/** As in `alertMessageSchema`. */
const MAX_READINGS = 20

/** Measured on something else than the citizen's body: says nothing about them. */
const NOT_OF_THE_CITIZEN: ReadonlySet<Status> = new Set<Status>(['test', 'demonstration', 'control-solution'])

/** One reading to be judged. `limits` has an entry for each quantity that was watched when it was measured. */
export interface Judged {
  readonly citizen: string
  readonly reading: Reading
  readonly limits: ReadonlyMap<string, Limits>
  /** A newer reading of this citizen and kind has been judged already. */
  readonly overtaken: boolean
}

export type Transition = { readonly type: 'none' } | { readonly type: Change; readonly alert: AlertMessage }
type Change = 'opened' | 'updated' | 'closed'

const NONE: Transition = { type: 'none' }

/** False for a technician's test and for control solution: such a reading is never judged. */
export function isOfTheCitizen(reading: Reading): boolean {
  return reading.test !== true && !reading.status.some((status) => NOT_OF_THE_CITIZEN.has(status))
}

/** Opaque, and the same whenever the same reading opens the same citizen's episode. */
function alertId(citizen: string, reading: Reading): string {
  return createHash('sha256').update(`${citizen}|${reading.kind}|${reading.id}`).digest('hex').slice(0, 32)
}

function breachesOf({ reading, limits }: Judged): Breach[] {
  const breaches: Breach[] = []
  for (const [quantity, own] of limits) {
    const value = reading.values[quantity]
    const breach = value === undefined ? undefined : breachOf(quantity, value, own)
    if (breach !== undefined) breaches.push(breach)
  }
  return breaches
}

const levelOf = (breaches: readonly Breach[]): 'yellow' | 'red' =>
  breaches.some((breach) => isAlertBound(breach.bound)) ? 'red' : 'yellow'

const later = (a: string, b: string): string => (a > b ? a : b)

function open({ citizen, reading }: Judged, breaches: Breach[], trusted: boolean): Transition {
  const level = levelOf(breaches)
  const alert: AlertMessage = {
    alert: alertId(citizen, reading),
    citizen,
    kind: reading.kind,
    state: 'open',
    level: trusted ? level : 'yellow',
    openedAt: reading.measuredAt,
    updatedAt: reading.measuredAt,
    breaches,
    readings: [reading.id],
    repeatAdvised: !trusted && level === 'red',
    revision: 1,
  }
  return { type: 'opened', alert }
}

function update(alert: AlertMessage, judged: Judged, breaches: Breach[], trusted: boolean): Transition {
  const { reading, overtaken } = judged
  // A quantity of which this reading says nothing stays as it was: silence is no improvement.
  const standing = alert.breaches.filter((breach) => !isComparable(reading.values[breach.quantity]))
  const all = [...breaches, ...standing]
  const level = trusted ? levelOf(all) : 'yellow'
  const mayLower = trusted && !overtaken
  const raises = level === 'red' && alert.level === 'yellow'
  // Breaches always explain the level: what can't lower it can't replace them either.
  const replaces = mayLower || raises || (alert.level === 'yellow' && !overtaken)
  const next: AlertMessage = {
    ...alert,
    level: raises || mayLower ? level : alert.level,
    updatedAt: later(alert.updatedAt, reading.measuredAt),
    breaches: replaces ? all : alert.breaches,
    readings: [...alert.readings, reading.id].slice(-MAX_READINGS),
    repeatAdvised: trusted ? alert.repeatAdvised && overtaken : alert.repeatAdvised || levelOf(breaches) === 'red',
    revision: alert.revision + 1,
  }
  return { type: 'updated', alert: next }
}

/**
 * Four levels per quantity: yellow beyond a warning limit, red beyond an alert limit. A doubtful reading raises yellow
 * at most, and advises a repeat when it was beyond an alert limit. A trustworthy reading with everything watched
 * within its warning limits closes. Times are those of measuring, so the result depends on the readings alone.
 *
 * A reading that was overtaken by a newer one may open or raise (a danger is told, however late) and never lowers or
 * closes. Judging in event time, where order does not matter at all, is to replace this function behind this signature.
 */
export function evaluate(alert: AlertMessage | undefined, judged: Judged): Transition {
  const { reading } = judged
  const trusted = isTrustworthy(reading.status)
  const breaches = breachesOf(judged)
  if (breaches.length > 0) {
    return alert === undefined ? open(judged, breaches, trusted) : update(alert, judged, breaches, trusted)
  }
  if (alert === undefined || !trusted || judged.overtaken) return NONE
  const answered = alert.breaches.every((breach) => isComparable(reading.values[breach.quantity]))
  if (!answered) return NONE
  const closed: AlertMessage = {
    ...alert,
    state: 'closed',
    updatedAt: later(alert.updatedAt, reading.measuredAt),
    closedAt: reading.measuredAt,
    readings: [...alert.readings, reading.id].slice(-MAX_READINGS),
    repeatAdvised: false,
    revision: alert.revision + 1,
  }
  return { type: 'closed', alert: closed }
}
