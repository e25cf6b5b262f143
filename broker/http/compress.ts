import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'

/**
 * Answers in gzip (RFC 9110, 8.4.1): a work list is 1.5 MB of JSON and a tenth of it packed. No answer repeats what was
 * asked beside what is secret, and the session's cookie does not come with another site's requests (SameSite), so
 * lengths tell nothing to who makes a browser ask (BREACH).
 */

/** Smaller ones fit into a few packets as they are. */
const AT_LEAST_BYTES = 4 * 1024
/** Twice as quick as the usual 6 and a tenth larger. */
const LEVEL = constants.Z_BEST_SPEED
const TEXT = /^(text\/(?!event-stream)|application\/(json|fhir\+json)|image\/svg)/

const pack = promisify(gzip)

/** RFC 9110, 12.5.3: q=0 means not at all. */
const takesGzip = (accepted: string | readonly string[] | undefined): boolean =>
  /(^|[,\s])(gzip|x-gzip)\s*(;\s*q=(1|0\.\d*[1-9]))?\s*(,|$)/i.test(String(accepted ?? ''))

/** In a thread of its own, whatever its length. @returns undefined when it is better sent as it is, or is a stream */
export async function compressed(
  content: unknown,
  type: string,
  accepted: string | readonly string[] | undefined,
): Promise<Buffer | undefined> {
  if (typeof content !== 'string' && !Buffer.isBuffer(content)) return undefined
  if (content.length < AT_LEAST_BYTES || !TEXT.test(type) || !takesGzip(accepted)) return undefined
  return pack(content, { level: LEVEL })
}
