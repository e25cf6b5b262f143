import { createHmac } from 'node:crypto'
import { base32 } from '../base32.ts'
import type { FeedReading } from '../contract/messages.ts'

/**
 * What a research organisation gets instead of ids: HMAC-SHA256 under a key of its own, so that two organisations
 * cannot compare, nobody can go back without the key, and the same citizen stays the same (ENISA, Pseudonymisation
 * techniques and best practices, 2019, 5.1.4). Values, times and models stay as they are.
 */

/** 256 bit, the length of the hash (RFC 2104, 3). */
export const KEY_BYTES = 32
/** 120 bit: no two of a billion citizens meet. */
const ID_CHARACTERS = 24
/** As long as a reading's id. */
const READING_ID_CHARACTERS = 32

export type Named = 'citizen' | 'hub' | 'device' | 'alert' | 'reading' | 'person'

/** The pseudonym of one id for one organisation. */
export type Pseudonyms = (what: Named, id: string) => string

export function pseudonymsUnder(key: Uint8Array): Pseudonyms {
  return (what, id) => {
    const digest = createHmac('sha256', key).update(`${what}/${id}`).digest()
    return base32(digest).slice(0, what === 'reading' ? READING_ID_CHARACTERS : ID_CHARACTERS)
  }
}

/** The same reading without an id by which its citizen, home or equipment is known. */
export function disguiseReading<T extends Pick<FeedReading, 'citizen' | 'hub' | 'reading'>>(
  entry: T,
  pseudonym: Pseudonyms,
): T {
  const { reading } = entry
  return {
    ...entry,
    citizen: pseudonym('citizen', entry.citizen),
    hub: pseudonym('hub', entry.hub),
    reading: { ...reading, id: pseudonym('reading', reading.id), device: pseudonym('device', reading.device) },
  }
}

const WHAT_OF: Readonly<Record<string, Named>> = {
  citizen: 'citizen',
  hub: 'hub',
  device: 'device',
  alert: 'alert',
  reading: 'reading',
  by: 'person',
  pausedBy: 'person',
}
/** Written by people: they may name somebody. */
const FREE_TEXT: ReadonlySet<string> = new Set(['action', 'note', 'comment'])

/** An alert's published JSON, whatever its version, with every id replaced and free text left out. */
export function disguiseAlert(value: unknown, pseudonym: Pseudonyms, field?: string): unknown {
  if (typeof value === 'string') {
    if (field !== undefined && FREE_TEXT.has(field)) return ''
    const what = field === undefined || !Object.hasOwn(WHAT_OF, field) ? undefined : WHAT_OF[field]
    return what === undefined ? value : pseudonym(what, value)
  }
  if (Array.isArray(value)) {
    // `readings` is a list of ids, `evidence` one of objects.
    return value.map((item) => disguiseAlert(item, pseudonym, field === 'readings' ? 'reading' : undefined))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, disguiseAlert(inner, pseudonym, key)]))
}
