import { createHmac, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { PreCareError } from '../device-drivers/errors.ts'
import { idSchema } from '../device-drivers/reading.ts'
import type { Identity } from './access.ts'
import { type BrokerClock, timestamp } from './broker-clock.ts'
import { hashPassword, passwordMatches, randomPassword } from './secret.ts'

/** Accounts of hubs and clients: who may connect with which password. Table `accounts` of the journal. */

/** Each verification takes 32 MB and a thread of the pool (4) for 80 ms; the disk needs threads too. */
const MAX_VERIFYING = 2
/** Beyond this a reconnect storm is told to come back later instead of queueing until its own time-out. */
const MAX_WAITING = 256
/** A hub that loses its line and comes back within this time costs no scrypt. */
const REMEMBERED_MS = 15 * 60_000
/** Hubs and clients of one broker; 200 bytes each. */
const MAX_REMEMBERED = 20_000
/** Longer than any password of ours; stops megabytes of HTTP header from being hashed. */
const MAX_PASSWORD_LENGTH = 128

export interface AccountsOptions {
  /** How many verifications may wait for their turn. */
  readonly maxWaiting?: number
  /** log2 of scrypt's N for new passwords; the usual one when absent. */
  readonly passwordCost?: number | undefined
}

export type Verdict = Identity | 'refused' | 'busy'

interface AccountRow {
  readonly id: string
  readonly role: 'hub' | 'client'
  readonly organisation: string | null
  readonly secret: string
  readonly disabled: boolean
}

export class Accounts {
  readonly #db: DatabaseSync
  readonly #clock: BrokerClock
  readonly #maxWaiting: number
  readonly #passwordCost: number | undefined
  /** Keyed by an HMAC of account, stored secret and password under a key of this process. */
  readonly #remembered = new Map<string, number>()
  readonly #key = randomBytes(32)
  #version: unknown
  #verifying = 0
  #waiting: (() => void)[] = []

  /** @param db with the table `accounts` (migrations of the journal) */
  constructor(db: DatabaseSync, clock: BrokerClock, options: AccountsOptions = {}) {
    this.#db = db
    this.#clock = clock
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING
    this.#passwordCost = options.passwordCost
  }

  /**
   * Makes an account and returns its random password, which is stored nowhere.
   * @throws PreCareError 'id-invalid' when the id or the organisation is none, 'config-invalid' when it exists
   */
  async create(identity: Identity): Promise<string> {
    const organisation = identity.role === 'client' ? identity.organisation : null
    for (const id of [identity.id, organisation ?? identity.id]) {
      if (!idSchema.safeParse(id).success)
        throw new PreCareError('id-invalid', 'the account or organisation is no valid id')
    }
    const password = randomPassword()
    const secret = await hashPassword(password, this.#passwordCost)
    const made = this.#db
      .prepare(
        'INSERT INTO accounts (id, role, organisation, secret, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      )
      .run(identity.id, identity.role, organisation, secret, timestamp(this.#clock))
    if (made.changes === 0) throw new PreCareError('config-invalid', `account ${identity.id} exists already`)
    return password
  }

  /** A new random password; the old one ends at once, and connections made with it within one check of the broker. */
  async reset(id: string): Promise<string> {
    const password = randomPassword()
    const secret = await hashPassword(password, this.#passwordCost)
    const done = this.#db.prepare('UPDATE accounts SET secret = ?, disabled_at = NULL WHERE id = ?').run(secret, id)
    if (done.changes === 0)
      throw new PreCareError('config-invalid', 'there is no account of this id; provision it first')
    return password
  }

  disable(id: string): void {
    this.#db.prepare('UPDATE accounts SET disabled_at = ? WHERE id = ?').run(timestamp(this.#clock), id)
  }

  /** Makes the account of a hub that comes with a certificate, or enables it again. It has no password that matches. */
  admitHub(id: string): void {
    this.#db
      .prepare(
        `INSERT INTO accounts (id, role, secret, created_at) VALUES (?, 'hub', 'certificate', ?)
         ON CONFLICT (id) DO UPDATE SET disabled_at = NULL`,
      )
      .run(id, timestamp(this.#clock))
  }

  /** Who may connect under this id, for whoever has proven to be it; undefined for nobody, or when disabled. */
  enabled(id: string): Identity | undefined {
    const row = this.#row(id)
    const verdict = row === undefined ? 'refused' : identityOf(row)
    return verdict === 'refused' || verdict === 'busy' ? undefined : verdict
  }

  /** Another connection (the command line) wrote to the file since the last call: accounts may have changed. */
  changedElsewhere(): boolean {
    const version = this.#db.prepare('PRAGMA data_version').get()?.['data_version']
    const changed = this.#version !== undefined && version !== this.#version
    this.#version = version
    return changed
  }

  /** Whose account it is, disabled or not. */
  find(id: string): Identity | undefined {
    const row = this.#row(id)
    if (row === undefined) return undefined
    return row.role === 'hub' ? { role: 'hub', id } : { role: 'client', id, organisation: row.organisation ?? '' }
  }

  /** What changes when an identity must not stay connected: its secret, its organisation, its being enabled. */
  stamp(id: string): string | undefined {
    const row = this.#row(id)
    return row === undefined || row.disabled ? undefined : this.#fingerprint(row.secret, row.organisation ?? '')
  }

  /** 'busy': too many are being verified, try again later. An unknown account takes as long as a wrong password. */
  async verify(id: string, password: string): Promise<Verdict> {
    if (!idSchema.safeParse(id).success || password.length > MAX_PASSWORD_LENGTH) return 'refused'
    const row = this.#row(id)
    const key = this.#fingerprint(id, row?.secret ?? '', password)
    const until = this.#remembered.get(key)
    if (row !== undefined && until !== undefined && this.#clock.monotonic() < until) return identityOf(row)
    if (!(await this.#enter())) return 'busy'
    const matches = await passwordMatches(password, row?.secret ?? '').finally(() => this.#leave())
    if (!matches || row === undefined) return 'refused'
    this.#remember(key)
    return identityOf(row)
  }

  async #enter(): Promise<boolean> {
    if (this.#verifying < MAX_VERIFYING) {
      this.#verifying += 1
      return true
    }
    if (this.#waiting.length >= this.#maxWaiting) return false
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return true
  }

  /** Hands the place on to who waits longest. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#verifying -= 1
    else next()
  }

  #remember(key: string): void {
    this.#remembered.delete(key)
    this.#remembered.set(key, this.#clock.monotonic() + REMEMBERED_MS)
    const [oldest] = this.#remembered.keys()
    if (this.#remembered.size > MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest)
  }

  #fingerprint(...parts: string[]): string {
    return createHmac('sha256', this.#key).update(parts.join('\n')).digest('base64')
  }

  #row(id: string): AccountRow | undefined {
    const row = this.#db.prepare('SELECT role, organisation, secret, disabled_at FROM accounts WHERE id = ?').get(id)
    if (row === undefined) return undefined
    return {
      id,
      role: row['role'] === 'hub' ? 'hub' : 'client',
      organisation: typeof row['organisation'] === 'string' ? row['organisation'] : null,
      secret: String(row['secret']),
      disabled: row['disabled_at'] !== null,
    }
  }
}

function identityOf(row: AccountRow): Verdict {
  if (row.disabled) return 'refused'
  if (row.role === 'hub') return { role: 'hub', id: row.id }
  return row.organisation === null ? 'refused' : { role: 'client', id: row.id, organisation: row.organisation }
}
