import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { PreCareError } from '../../device-drivers/errors.ts'
import { base32 } from '../base32.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Subject } from './decide.ts'
import { findUser } from './users.ts'

/**
 * Bearer tokens (RFC 6750) of clients and users. 256 random bits behind SHA-256: nothing that could be guessed, so a
 * slow hash would protect nothing, and a token is looked up by its hash.
 */

const TOKEN_BYTES = 32
/** Before the bits, so that a scanner for leaked secrets knows one when it sees it. */
const PREFIX = 'pct_'
const TOKEN = /^pct_[A-Za-z0-9_-]{43}$/
const ID_BYTES = 10
/** A year; who has the token longer than that should be asked again. */
export const MAX_TOKEN_DAYS = 366
const DAY_MS = 24 * 3600_000

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

export interface NewToken {
  /** For revoking; no secret. */
  readonly id: string
  readonly token: string
  readonly expiresAt: string
}

/**
 * @param holder id of a client's account or of a user
 * @param now wall time, ms since 1970 UTC
 * @throws PreCareError 'config-invalid' when there is no such holder, or `days` is not 1 to 366
 */
export function createToken(db: DatabaseSync, holder: string, days: number, now: number): NewToken {
  if (!Number.isInteger(days) || days < 1 || days > MAX_TOKEN_DAYS) {
    throw new PreCareError('config-invalid', `--days: use 1 to ${MAX_TOKEN_DAYS}`)
  }
  const client = db.prepare(`SELECT 1 FROM accounts WHERE id = ? AND role = 'client'`).get(holder)
  const type = client === undefined ? (findUser(db, holder) === undefined ? undefined : 'user') : 'client'
  if (type === undefined) throw new PreCareError('config-invalid', 'there is no client or user of this id')
  const token = `${PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`
  const id = base32(randomBytes(ID_BYTES))
  const expiresAt = isoTime(now + days * DAY_MS)
  db.prepare(
    'INSERT INTO tokens (id, holder_type, holder, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(id, type, holder, hashOf(token), isoTime(now), expiresAt)
  return { id, token, expiresAt }
}

/** @throws PreCareError 'config-invalid' when there is no such token */
export function revokeToken(db: DatabaseSync, id: string, now: number): void {
  const { changes } = db
    .prepare('UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?')
    .run(isoTime(now), id)
  if (Number(changes) === 0) throw new PreCareError('config-invalid', 'there is no token of this id')
}

/** Whose token it is, now: undefined when it is none, has ended, was revoked, or its holder is disabled. */
export function holderOf(db: DatabaseSync, token: string, now: number): Subject | undefined {
  if (!TOKEN.test(token)) return undefined
  const row = db
    .prepare('SELECT holder_type, holder FROM tokens WHERE hash = ? AND revoked_at IS NULL AND expires_at > ?')
    .get(hashOf(token), isoTime(now))
  if (row === undefined) return undefined
  const id = String(row['holder'])
  if (row['holder_type'] === 'user') {
    const enabled = db.prepare('SELECT 1 FROM users WHERE id = ? AND disabled_at IS NULL').get(id)
    return enabled === undefined ? undefined : findUser(db, id)
  }
  const account = db
    .prepare(`SELECT organisation FROM accounts WHERE id = ? AND role = 'client' AND disabled_at IS NULL`)
    .get(id)
  const organisation = account?.['organisation']
  return typeof organisation === 'string' ? { role: 'client', id, organisation } : undefined
}
