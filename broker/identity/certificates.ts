import { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from 'node:tls'
import type { Actor, Audit } from '../audit/entry.ts'
import { openTrail } from '../audit/trail.ts'
import type { BrokerClock } from '../broker-clock.ts'
import { timestamp } from '../broker-clock.ts'
import type { Journal } from '../store/journal.ts'
import { fingerprintOf } from './fingerprint.ts'

/** Certificates issued, and those refused for ever: tables `certificates` and `revocations` of the journal. */

/** A certificate as the broker knows it. */
export interface KnownCertificate {
  /** SHA-256, 64 hex digits. */
  readonly fingerprint: string
  readonly account: string
  /** ISO 8601 UTC. */
  readonly validTo: string
  readonly firstUsedAt: string | undefined
  /** Why it is refused. */
  readonly revoked: string | undefined
}

/** Who a certificate names: its common name. Undefined for several, or none. */
export function accountOf(certificate: X509Certificate): string | undefined {
  const { subject } = certificate.toLegacyObject() as PeerCertificate
  return typeof subject?.CN === 'string' ? subject.CN : undefined
}

export class Certificates {
  readonly #journal: Journal
  readonly #clock: BrokerClock
  readonly #audit: Audit
  readonly #actor: Actor

  /** @param actor who issues and revokes, for the audit; the broker itself when left out */
  constructor(journal: Journal, clock: BrokerClock, actor: Actor = { type: 'system', id: 'identity' }) {
    this.#journal = journal
    this.#clock = clock
    this.#audit = openTrail(journal, clock)
    this.#actor = actor
  }

  /** To be called in the transaction that gives it out. @param pem of a certificate that was just signed */
  record(account: string, pem: string): void {
    const certificate = new X509Certificate(pem)
    const fingerprint = fingerprintOf(certificate)
    this.#db
      .prepare('INSERT INTO certificates (fingerprint, account, valid_to, issued_at, pem) VALUES (?, ?, ?, ?, ?)')
      .run(fingerprint, account, certificate.validToDate.toISOString(), timestamp(this.#clock), pem)
    this.#writeDown('certificate.issue', `${account}/${fingerprint}`)
  }

  pem(fingerprint: string): string | undefined {
    const row = this.#db.prepare('SELECT pem FROM certificates WHERE fingerprint = ?').get(fingerprint)
    return row === undefined ? undefined : String(row['pem'])
  }

  /** Why this certificate is refused, or undefined when it is not. */
  revoked(fingerprint: string): string | undefined {
    const row = this.#db.prepare('SELECT reason FROM revocations WHERE fingerprint = ?').get(fingerprint)
    return row === undefined ? undefined : String(row['reason'])
  }

  /** To be called in a transaction. */
  revoke(fingerprint: string, reason: string): void {
    const { changes } = this.#db
      .prepare('INSERT INTO revocations (fingerprint, reason, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
      .run(fingerprint, reason, timestamp(this.#clock))
    if (Number(changes) > 0) this.#writeDown('certificate.revoke', fingerprint)
  }

  /** Every certificate of an account but `except`. */
  revokeAll(account: string, reason: string, except = ''): void {
    for (const { fingerprint } of this.of(account)) if (fingerprint !== except) this.revoke(fingerprint, reason)
  }

  /** The first time a certificate is used, the ones issued before it end: a hub renewed, and has proven it. */
  used(fingerprint: string): void {
    const row = this.#db
      .prepare('SELECT rowid AS number, account, first_used_at FROM certificates WHERE fingerprint = ?')
      .get(fingerprint)
    if (row === undefined || row['first_used_at'] !== null) return
    const older = this.#db
      .prepare('SELECT fingerprint FROM certificates WHERE account = ? AND rowid < ?')
      .all(String(row['account']), Number(row['number']))
    this.#journal.transaction(() => {
      this.#db
        .prepare('UPDATE certificates SET first_used_at = ? WHERE fingerprint = ?')
        .run(timestamp(this.#clock), fingerprint)
      for (const { fingerprint: old } of older) this.revoke(String(old), 'replaced')
    })
  }

  /** Newest first. @param account of all when left out */
  of(account?: string): KnownCertificate[] {
    return this.#db
      .prepare(
        `SELECT c.fingerprint, c.account, c.valid_to, c.first_used_at, r.reason
         FROM certificates c LEFT JOIN revocations r USING (fingerprint)
         WHERE c.account = ? OR ? IS NULL ORDER BY c.rowid DESC`,
      )
      .all(account ?? null, account ?? null)
      .map((row) => ({
        fingerprint: String(row['fingerprint']),
        account: String(row['account']),
        validTo: String(row['valid_to']),
        firstUsedAt: row['first_used_at'] === null ? undefined : String(row['first_used_at']),
        revoked: row['reason'] === null ? undefined : String(row['reason']),
      }))
  }

  #writeDown(action: string, subject: string): void {
    this.#audit({ actor: this.#actor, action, subject, criticality: 'important' })
  }

  get #db() {
    return this.#journal.database
  }
}
