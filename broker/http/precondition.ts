import { createHash } from 'node:crypto'
import { PreCareError } from '../../device-drivers/errors.ts'
import { base32 } from '../base32.ts'

/**
 * Optimistic concurrency (RFC 9110, 8.8.3 and 13.1.1): what can be changed is shown with an entity tag, and whoever
 * changes it names the tag that he saw. Of two who saw the same one wins; the other looks again.
 */

/** One strong tag: a list, a weak one or `*` does not say what was seen. */
const STRONG = /^"([\x21\x23-\x7e]{1,64})"$/
/** 130 bit. */
const CHARACTERS = 26

/** @param header If-Match @returns the tag without its quotes; undefined when it names none, or not one */
export const seenTag = (header: string | undefined): string | undefined => STRONG.exec(header ?? '')?.[1]

/** The ETag header. @param tag as {@link tagOf} makes it, or a revision */
export const entityTag = (tag: string): string => `"${tag}"`

/** A tag that changes when anything in the value does. @param value what is shown, plain JSON */
export const tagOf = (value: unknown): string =>
  base32(createHash('sha256').update(JSON.stringify(value)).digest()).slice(0, CHARACTERS)

/**
 * Ask in the transaction of the change.
 * @param seen of the request @param now what would be shown now
 * @throws PreCareError 'changed-meanwhile'
 */
export function mustBeAsSeen(seen: string, now: unknown): void {
  if (tagOf(now) !== seen) throw new PreCareError('changed-meanwhile', 'what you saw has changed; look at it again')
}
