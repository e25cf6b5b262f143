import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'

/** A password or key is named in a document, never written there: the document is kept in the journal and copied about. */

export const secretSchema = z.union(
  [
    z.strictObject({ env: z.string().regex(/^PRECARE_[A-Z0-9_]{1,60}$/, 'use a variable whose name begins PRECARE_') }),
    z.strictObject({ file: z.string().min(1) }),
  ],
  { error: 'name where it is kept: {"env": "PRECARE_..."} or {"file": "/path"} readable by its owner only' },
)
export type SecretSource = z.output<typeof secretSchema>

/** HMAC-SHA256 with a key shorter than its own output is weaker than it (RFC 2104, section 3). */
const MIN_SIGNING_BYTES = 32

/**
 * @param what names it in the error
 * @throws PreCareError 'config-invalid' when it is not there or others may read the file
 */
export function readSecret(source: SecretSource, what: string, env: NodeJS.ProcessEnv = process.env): string {
  const found = 'env' in source ? env[source.env]?.trim() : readPrivately(source.file, what)
  if (found !== undefined && found !== '') return found
  const where = 'env' in source ? `the variable ${source.env}` : source.file
  throw new PreCareError('config-invalid', `${what}: ${where} is empty; put the secret there`)
}

/** A secret that signs. @throws PreCareError 'config-invalid' also when it is short enough to be guessed */
export function readSigningSecret(source: SecretSource, what: string, env: NodeJS.ProcessEnv = process.env): string {
  const secret = readSecret(source, what, env)
  if (Buffer.byteLength(secret) >= MIN_SIGNING_BYTES) return secret
  throw new PreCareError(
    'config-invalid',
    `${what}: use at least ${MIN_SIGNING_BYTES} characters, as of 'openssl rand -hex 32'`,
  )
}

function readPrivately(path: string, what: string): string {
  try {
    const { mode } = statSync(path)
    if ((mode & 0o077) !== 0) {
      throw new PreCareError('config-invalid', `${what}: ${path} can be read by others; chmod 600 it`)
    }
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (error instanceof PreCareError) throw error
    throw new PreCareError('config-invalid', `${what}: ${messageOf(error)}`, { cause: error })
  }
}
