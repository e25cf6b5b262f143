import { createHash } from 'node:crypto'
import { PreCareError } from '../../device-drivers/errors.ts'
import { implausible, isQuantity, KIND_CODES, QUANTITIES } from '../../device-drivers/quantities.ts'
import type { Kind, RawReading, Value } from '../../device-drivers/reading.ts'
import { base32 } from '../base32.ts'
import { TYPED_BY_STAFF } from '../contract/messages.ts'
import { isoTime } from '../store/iso-time.ts'

/** A reading that staff type in: told on the telephone, or measured with a device that no hub knows. */

/** A page's clock may run ahead so far. */
const AHEAD_MS = 2 * 60_000
/** Older, it is more likely that the date is wrong; it belongs in a note. */
const OLDEST_MS = 30 * 24 * 3600_000
/** As a reading may have. */
const MAX_DECIMALS = 3
/** As long as a reading's id. */
const ID_CHARACTERS = 32

export interface Typed {
  readonly citizen: string
  readonly kind: Kind
  /** Numbers in the unit of each quantity. */
  readonly values: Readonly<Record<string, number>>
  /** ISO 8601 UTC with milliseconds. */
  readonly measuredAt: string
}

function refuse(field: string, remedy: string): never {
  throw new PreCareError('config-invalid', `${field}: ${remedy}`)
}

function decimalsOf(value: number): number {
  const [, fraction = ''] = /\.(\d+)$/.exec(String(value)) ?? []
  return fraction.length
}

function checked(kind: Kind, name: string, value: number): Value {
  const known: readonly string[] = KIND_CODES[kind].quantities
  if (!isQuantity(name) || !known.includes(name)) refuse('values', `use ${known.join(', ')}`)
  const { unit, decimals, range } = QUANTITIES[name]
  const [low, high] = range
  if (value < low || value > high) refuse(`values.${name}`, `must be from ${low} to ${high} ${unit}`)
  const given = decimalsOf(value)
  if (given > MAX_DECIMALS) refuse(`values.${name}`, `has at most ${MAX_DECIMALS} decimals`)
  return { value, unit, decimals: Math.max(decimals, given) }
}

/**
 * The same typed twice is the same reading: whoever clicks twice, or two who were told the same, store one.
 * @param now ms since 1970 UTC
 * @throws PreCareError 'config-invalid' naming the field
 */
export function typedReading({ citizen, kind, values: given, measuredAt }: Typed, now: number): RawReading {
  const names = Object.keys(given).sort()
  if (names.length === 0) refuse('values', 'give at least one')
  const values = Object.fromEntries(names.map((name) => [name, checked(kind, name, given[name] ?? Number.NaN)]))
  if (implausible({ values })) refuse('values', 'exclude each other; look at them again')
  const at = Date.parse(measuredAt)
  if (at > now + AHEAD_MS) refuse('measuredAt', 'has not come yet')
  if (at < now - OLDEST_MS) refuse('measuredAt', 'is more than 30 days ago; write a note instead')
  const identity = JSON.stringify([TYPED_BY_STAFF, citizen, kind, names.map((name) => [name, given[name]]), measuredAt])
  return {
    id: base32(createHash('sha256').update(identity).digest()).slice(0, ID_CHARACTERS),
    kind,
    values,
    status: [],
    measuredAt: isoTime(Math.min(at, now)),
    receivedAt: isoTime(now),
    clock: { quality: 'synced', offsetMs: 0 },
    device: TYPED_BY_STAFF,
    driver: TYPED_BY_STAFF,
    origin: 'typed-by-staff',
    raw: [],
  }
}
