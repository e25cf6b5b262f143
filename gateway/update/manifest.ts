import { type KeyObject, sign, verify } from 'node:crypto'
import { z } from 'zod'
import { PreCareError } from '../../device-drivers/errors.ts'

/**
 * An update is one file: a line of JSON with a manifest and its Ed25519 signature (RFC 8032), then a tar.gz of the
 * release. What the manifest says of the archive binds the archive too.
 */

/** Three numbers, no more: what comes before and after must never be in doubt. */
const versionSchema = z.string().regex(/^\d{1,6}\.\d{1,6}\.\d{1,6}$/)

const manifestSchema = z.strictObject({
  version: versionSchema,
  /** Of the archive behind the line. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  archiveBytes: z.int().min(1),
  /** Of all files of the release together, and how many there are. */
  unpackedBytes: z.int().min(1),
  files: z.int().min(1),
  /** No older version may be replaced by this one directly. */
  oldestPredecessor: versionSchema,
  /** Schema of the outbox, and the oldest schema whose code can go on with a file of it: the way back must stay open. */
  outbox: z.strictObject({ schema: z.int().min(1), readableFrom: z.int().min(1) }),
})
export type Manifest = z.infer<typeof manifestSchema>

const lineSchema = z.strictObject({ manifest: z.string(), signature: z.base64() })

/** A manifest is some 400 characters; a file without a line end must not be read to its end. */
export const MAX_LINE_BYTES = 16 * 1024
/** The key may sign other things one day: no signature serves for two purposes. */
const PURPOSE = 'precare update 1\n'

const signedBytes = (manifest: string): Buffer => Buffer.from(PURPOSE + manifest)

export const refused = (message: string): PreCareError => new PreCareError('update-refused', message)

/** The first line of an update, without its line end. @param key Ed25519, private */
export function signedLine(manifest: Manifest, key: KeyObject): string {
  const text = JSON.stringify(manifestSchema.parse(manifest))
  return JSON.stringify({ manifest: text, signature: sign(null, signedBytes(text), key).toString('base64') })
}

/**
 * @param key Ed25519, public
 * @throws PreCareError 'update-refused' when the line is none or was signed by nobody who may
 */
export function readSignedLine(line: string, key: KeyObject): Manifest {
  const parsed = lineSchema.safeParse(parsedJson(line))
  if (!parsed.success) throw refused('this is no update: its first line is not that of one')
  const { manifest, signature } = parsed.data
  if (key.asymmetricKeyType !== 'ed25519') throw refused('the key for updates is no Ed25519 key')
  if (!verify(null, signedBytes(manifest), key, Buffer.from(signature, 'base64'))) {
    throw refused('the signature does not belong to this update and this key')
  }
  const known = manifestSchema.safeParse(parsedJson(manifest))
  if (!known.success) throw refused('the manifest is signed, but of a kind that this version does not know')
  return known.data
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export const isVersion = (text: string): boolean => versionSchema.safeParse(text).success

/** Negative when `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number))
  for (let i = 0; i < 3; i += 1) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
