import { isQuantity, QUANTITIES } from '../../device-drivers/quantities.ts'
import {
  type ClockQuality,
  isNumber,
  isTrustworthy,
  type Kind,
  type Reading,
  type Status,
  type Value,
} from '../../device-drivers/reading.ts'
import { isoTime } from '../store/iso-time.ts'
import { REPEAT_WITHIN_MIN } from './rule.ts'

/** A citizen's reading as the rules see it: in the order in which it happened. */
export interface JudgedReading {
  readonly id: string
  readonly kind: Kind
  /** When it happened: never later than the hub had it. */
  readonly at: string
  /** Order of judging: time, then id. */
  readonly position: string
  readonly values: Readonly<Record<string, Value>>
  /** False: it can't raise red by itself, and neither lowers nor ends anything. */
  readonly trusted: boolean
  /** False: its time is not known well enough for a normal. It alerts all the same. */
  readonly certain: boolean
}

/** Measured on something else than the citizen's body: says nothing about them. */
const NOT_OF_THE_CITIZEN: ReadonlySet<Status> = new Set<Status>(['test', 'demonstration', 'control-solution'])
const UNCERTAIN: ReadonlySet<ClockQuality> = new Set<ClockQuality>(['unknown', 'device-unset'])

/** False for a technician's test and for control solution: such a reading is never judged. */
export function isOfTheCitizen(reading: Pick<Reading, 'test' | 'status'>): boolean {
  return reading.test !== true && !reading.status.some((status) => NOT_OF_THE_CITIZEN.has(status))
}

/** 50 mg/dL is no 50 mmol/L: a value in another unit than its quantity's is compared with nothing. */
export function isOtherUnit(quantity: string, value: Value): boolean {
  return isQuantity(quantity) && isNumber(value) && value.unit !== QUANTITIES[quantity].unit
}

/**
 * @param storedAt when the broker stored it, ISO 8601: a clock that runs ahead must not put a reading after all others
 * @returns undefined when it is not the citizen's
 */
export function judgedReading(reading: Reading, storedAt: string): JudgedReading | undefined {
  if (!isOfTheCitizen(reading)) return undefined
  const { id, kind, status, measuredAt, receivedAt } = reading
  const happened = measuredAt < receivedAt ? measuredAt : receivedAt
  const at = happened < storedAt ? happened : storedAt
  const values = Object.entries(reading.values).some(([name, value]) => isOtherUnit(name, value))
    ? Object.fromEntries(Object.entries(reading.values).filter(([name, value]) => !isOtherUnit(name, value)))
    : reading.values
  return {
    id,
    kind,
    at,
    position: `${at}/${id}`,
    values,
    trusted: isTrustworthy(status),
    certain: !UNCERTAIN.has(reading.clock.quality),
  }
}

/** Until when a doubtful red should be repeated. */
export const repeatBy = (at: string): string => isoTime(Date.parse(at) + REPEAT_WITHIN_MIN * 60_000)

export const DAY_MS = 24 * 60 * 60_000

/** Calendar day (UTC) of a time; only used to group readings, and a night's measuring is nobody's plan. */
export const dayOf = (at: string): string => at.slice(0, 10)
