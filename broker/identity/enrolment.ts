import { createHash, createHmac, randomBytes, timingSafeEqual, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { z } from 'zod'
import { PreCareError } from '../../device-drivers/errors.ts'
import { idSchema } from '../../device-drivers/reading.ts'
import type { Accounts } from '../accounts.ts'
import type { BrokerClock } from '../broker-clock.ts'
import { base32, enrolRequestSchema, typedCode } from '../contract/enrolment.ts'
import type { Journal } from '../store/journal.ts'
import type { Authority } from './authority.ts'
import type { Certificates } from './certificates.ts'
import { fingerprintOf } from './fingerprint.ts'
import { readPrivate, writePrivate } from './key-file.ts'
import { recordEvent } from './technical-events.ts'
import { readRequest } from './x509.ts'

/**
 * One-time codes: who has one, and stands at the hub it was made for, gets that hub's certificate. Table `enrolments`.
 *
 * The code of the QR has 128 bits: nobody finds it from its SHA-256. The typed one has 60, which a stolen copy of the
 * journal would give away to a machine that tries them all; so it is kept as an HMAC under a key outside the journal.
 * A slow hash would do the same at the price of a processor that any stranger can keep busy.
 */

const CODE_BYTES = 16
/** 12 characters of Base 32; 7.5 bytes. */
const TYPED_BYTES = 8
const TYPED_LENGTH = 12
const VALID_MS = 30 * 60_000
/** Wrong codes for a hub until its enrolment is locked. */
export const MAX_ATTEMPTS = 5
const KEY_BYTES = 32

export interface EnrolmentParts {
  readonly journal: Journal
  readonly accounts: Accounts
  readonly certificates: Certificates
  readonly clock: BrokerClock
  /** {@link enrolmentKey} */
  readonly key: string
}

/** Shown once, stored nowhere. */
export interface Codes {
  /** 22 characters, base64url. */
  readonly code: string
  /** 12 characters that a person can type. */
  readonly typed: string
  /** ISO 8601 UTC. */
  readonly expiresAt: string
}

/** The key of the typed codes; made at first use beside the authority. @throws PreCareError 'config-invalid' */
export function enrolmentKey(folder: string): string {
  const path = join(folder, 'enrolment.key')
  const known = readPrivate(path)
  if (known !== undefined) return known
  const made = randomBytes(KEY_BYTES).toString('base64url')
  writePrivate(path, made)
  return made
}

const hashOfCode = (code: string): string => createHash('sha256').update(code).digest('base64url')
const hashOfTyped = (typed: string, key: string): string => createHmac('sha256', key).update(typed).digest('base64url')

/**
 * Makes a code for one hub; an earlier one of it that was not used ends. The hub itself goes on as it is until the code
 * is used.
 * @param serial of the hub's board, as it says itself
 * @throws PreCareError 'id-invalid', 'config-invalid' for a serial number that is none, or an id that is a client's
 */
export function invite({ journal, accounts, clock, key }: EnrolmentParts, hub: string, serial: string): Codes {
  if (!idSchema.safeParse(hub).success) throw new PreCareError('id-invalid', '--hub is no valid id')
  const checked = enrolRequestSchema.shape.serial.safeParse(serial)
  if (!checked.success) {
    throw new PreCareError('config-invalid', `--serial: ${checked.error.issues[0]?.message ?? 'write another'}`)
  }
  if (accounts.find(hub)?.role === 'client') {
    throw new PreCareError('config-invalid', `--hub: ${hub} is the account of a client; choose another id`)
  }
  const code = randomBytes(CODE_BYTES).toString('base64url')
  const typed = base32(randomBytes(TYPED_BYTES), TYPED_LENGTH)
  const now = clock.now()
  const expiresAt = new Date(now + VALID_MS).toISOString()
  journal.transaction(() => {
    journal.database
      .prepare('UPDATE enrolments SET expires_at = created_at WHERE (hub = ? OR serial = ?) AND used_at IS NULL')
      .run(hub, serial)
    journal.database
      .prepare(
        'INSERT INTO enrolments (hub, serial, code_hash, typed_hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(hub, serial, hashOfCode(code), hashOfTyped(typed, key), new Date(now).toISOString(), expiresAt)
  })
  return { code, typed, expiresAt }
}

export interface Redeemed {
  readonly hub: string
  /** PEM. */
  readonly certificate: string
}

interface Open {
  readonly id: number
  readonly hub: string
  readonly usedBy: string | undefined
  readonly fingerprint: string
}

/**
 * A certificate for the hub that the code was made for. The same key may ask again, when the answer was lost: it gets
 * the same certificate. Every other certificate of that hub ends.
 * @param input of {@link enrolRequestSchema}; of the request only the key counts
 * @throws PreCareError 'enrolment-refused', which does not tell what was wrong with a code; 'payload-malformed'
 */
export async function redeem(
  parts: EnrolmentParts & { readonly authority: Authority },
  input: unknown,
): Promise<Redeemed> {
  const parsed = enrolRequestSchema.safeParse(input)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new PreCareError('payload-malformed', `${issue?.path.join('.') || 'request'}: ${issue?.message}`)
  }
  // First: what costs nothing and turns most strangers away.
  const open = judge(parts, parsed.data)
  const request = await readRequest(parsed.data.request)
  if (open.usedBy !== undefined) return again(parts, open, request.keyDigest)
  const certificate = await parts.authority.issueClient(open.hub, request)
  const { journal, accounts, certificates, clock } = parts
  const fingerprint = fingerprintOf(new X509Certificate(certificate))
  // Many may have come as far as this with the same code; one of them changes the row.
  const won = journal.transaction(() => {
    const { changes } = journal.database
      .prepare(
        `UPDATE enrolments SET used_at = ?, key_digest = ?, fingerprint = ?
         WHERE id = ? AND used_at IS NULL AND attempts < ? AND expires_at > ?`,
      )
      .run(now(clock), request.keyDigest, fingerprint, open.id, MAX_ATTEMPTS, now(clock))
    if (changes !== 1) return false
    accounts.admitHub(open.hub)
    certificates.record(open.hub, certificate)
    certificates.revokeAll(open.hub, 'enrolled again', fingerprint)
    return true
  })
  if (won) return { hub: open.hub, certificate }
  return again(parts, judge(parts, parsed.data), request.keyDigest)
}

const now = (clock: BrokerClock): string => new Date(clock.now()).toISOString()

const refused = (why: string): PreCareError => new PreCareError('enrolment-refused', why)

/** The enrolment that this code opens, or has opened. A wrong code counts. */
function judge(
  { journal, clock, key }: EnrolmentParts,
  { serial, code, hub }: z.output<typeof enrolRequestSchema>,
): Open {
  const row = journal.database
    .prepare('SELECT * FROM enrolments WHERE serial = ? AND expires_at > ? ORDER BY id DESC LIMIT 1')
    .get(serial, now(clock))
  if (row === undefined) throw ended(journal, { serial, code, key })
  const id = Number(row['id'])
  const attempts = Number(row['attempts'])
  if (attempts >= MAX_ATTEMPTS) throw refused('locked after too many wrong codes')
  if (isCodeOf(row, code, key)) {
    if (hub !== undefined && row['hub'] !== hub) throw refused('the code is for another hub')
    const usedBy = row['key_digest'] === null ? undefined : String(row['key_digest'])
    return { id, hub: String(row['hub']), usedBy, fingerprint: String(row['fingerprint'] ?? '') }
  }
  journal.transaction(() => {
    journal.database.prepare('UPDATE enrolments SET attempts = attempts + 1 WHERE id = ?').run(id)
    if (attempts + 1 >= MAX_ATTEMPTS) {
      recordEvent(journal, clock, { kind: 'enrolment-locked', subject: String(row['hub']), occasion: String(id) })
    }
  })
  throw refused('wrong code')
}

function isCodeOf(row: Record<string, unknown>, code: string, key: string): boolean {
  const typed = typedCode(code)
  return typed === undefined
    ? same(hashOfCode(code), String(row['code_hash']))
    : same(hashOfTyped(typed, key), String(row['typed_hash']))
}

/** Who has the code of yesterday hears that it is over; who guesses hears nothing, and would gain nothing. */
function ended(
  journal: Journal,
  { serial, code, key }: { readonly serial: string; readonly code: string; readonly key: string },
): PreCareError {
  const row = journal.database.prepare('SELECT * FROM enrolments WHERE serial = ? ORDER BY id DESC LIMIT 1').get(serial)
  if (row !== undefined && row['used_at'] === null && isCodeOf(row, code, key)) {
    return new PreCareError('code-expired', 'the code is over')
  }
  return refused('no code is open for this serial number')
}

function again({ certificates }: EnrolmentParts, open: Open, keyDigest: string): Redeemed {
  const certificate = certificates.pem(open.fingerprint)
  if (open.usedBy !== keyDigest || certificate === undefined) throw refused('the code was used')
  if (certificates.revoked(open.fingerprint) !== undefined) throw refused('the certificate has ended')
  return { hub: open.hub, certificate }
}

const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
