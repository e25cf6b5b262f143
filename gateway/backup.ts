import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'

/**
 * A hub in one encrypted file: its configuration, the keys of its devices, what it remembers of them, and every reading
 * that the broker does not have. For a swap of the hub, or of its card, by a technician with the passphrase.
 */

const FORMAT = 'precare-backup-1'
/** RFC 7914, section 2, and OWASP's advice for scrypt: 64 MiB and a quarter of a second on a small computer. */
const SCRYPT = { N: 65_536, r: 8, p: 1, maxmem: 128 * 1024 * 1024 } as const
const KEY_BYTES = 32
const SALT_BYTES = 16
/** NIST SP 800-38D, 8.2: 96 bits, used once with its key; the key is of this file alone, since its salt is. */
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** A passphrase is typed by a person; shorter than this a machine guesses it. */
const MIN_PASSPHRASE = 12

export const rowSchema = z.strictObject({ id: z.string(), state: z.enum(['held', 'queued']), body: z.string() })
export const memorySchema = z.strictObject({
  device: z.string(),
  key: z.string(),
  value: z.union([z.string(), z.number()]),
})
export const noteSchema = z.strictObject({ name: z.string(), value: z.string() })
const contentSchema = z.strictObject({
  hub: z.string(),
  /** Text of the configuration file, with the password in it. */
  config: z.string(),
  /** The broker's password, where the configuration only says in which file it is. */
  secret: z.strictObject({ path: z.string(), text: z.string() }).optional(),
  /** Text of the file of bonds, where there is one. */
  bonds: z.string().optional(),
  /** Texts of the files of the hub's certificate, with its key, by their names; where there are any. */
  identity: z.record(z.string(), z.string()).optional(),
  /** By name: devices that were bound, and the visit they were bound in. */
  visit: z.record(z.string(), z.string()).optional(),
  rows: z.array(rowSchema),
  memory: z.array(memorySchema),
  notes: z.array(noteSchema),
})
export type BackupContent = z.infer<typeof contentSchema>

function keyOf(passphrase: string, salt: Uint8Array): Buffer {
  return scryptSync(passphrase.normalize('NFKC'), salt, KEY_BYTES, SCRYPT)
}

/**
 * Format line, salt, nonce, ciphertext, tag.
 *
 * @throws PreCareError 'config-invalid' for a passphrase that is too short
 */
export function seal(content: BackupContent, passphrase: string, random: (bytes: number) => Uint8Array): Buffer {
  if (passphrase.length < MIN_PASSPHRASE) {
    throw new PreCareError('config-invalid', `the passphrase: write at least ${MIN_PASSPHRASE} characters`)
  }
  const salt = random(SALT_BYTES)
  const nonce = random(NONCE_BYTES)
  const head = Buffer.concat([Buffer.from(`${FORMAT}\n`), salt, nonce])
  const cipher = createCipheriv('aes-256-gcm', keyOf(passphrase, salt), nonce)
  // The head is covered by the tag, so that nobody can pass one format off as another.
  cipher.setAAD(head)
  const body = Buffer.concat([cipher.update(gzipSync(JSON.stringify(content))), cipher.final()])
  return Buffer.concat([head, body, cipher.getAuthTag()])
}

/** @throws PreCareError 'backup-unreadable' for another file, a wrong passphrase or a single changed byte */
export function unseal(sealed: Uint8Array, passphrase: string): BackupContent {
  const bytes = Buffer.from(sealed)
  const headBytes = FORMAT.length + 1 + SALT_BYTES + NONCE_BYTES
  try {
    if (bytes.subarray(0, FORMAT.length + 1).toString('latin1') !== `${FORMAT}\n`) throw new Error('no backup of a hub')
    const head = bytes.subarray(0, headBytes)
    const salt = head.subarray(FORMAT.length + 1, FORMAT.length + 1 + SALT_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', keyOf(passphrase, salt), head.subarray(-NONCE_BYTES))
    decipher.setAAD(head)
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    const packed = Buffer.concat([decipher.update(bytes.subarray(headBytes, -TAG_BYTES)), decipher.final()])
    return contentSchema.parse(JSON.parse(gunzipSync(packed).toString('utf8')))
  } catch (error) {
    // A schema's message may quote what it read; its kind is enough.
    const reason = error instanceof z.ZodError ? 'its content is of another version' : messageOf(error)
    throw new PreCareError('backup-unreadable', reason, { cause: error })
  }
}
