import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'

/**
 * As `expect(found).toEqual(wanted)`, for what is compared a hundred thousand times: making an assertion takes longer than
 * decoding a packet, and one is needed only to say what differs.
 */
export function agree(found: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(found, wanted)) expect(found).toEqual(wanted)
}
