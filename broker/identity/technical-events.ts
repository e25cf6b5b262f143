import { type BrokerClock, timestamp } from '../broker-clock.ts'
import type { Journal } from '../store/journal.ts'

/** What a technician should look at, about hubs and certificates, never about citizens. Table `technical_events`. */

/** clone-suspected: two machines live under one identity. The others speak for themselves. */
export type TechnicalKind = 'clone-suspected' | 'enrolment-locked' | 'certificate-ends'

export interface TechnicalEvent {
  readonly kind: TechnicalKind
  /** Id of a hub or account, or `authority`, or `server`. */
  readonly subject: string
  /** Tells this from another of the same kind and subject. */
  readonly occasion: string
}

/** @returns false when it is known already */
export function recordEvent({ database }: Journal, clock: BrokerClock, event: TechnicalEvent): boolean {
  const { changes } = database
    .prepare('INSERT INTO technical_events (at, kind, subject, occasion) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
    .run(timestamp(clock), event.kind, event.subject, event.occasion)
  return changes === 1
}

/** Newest first. @param limit at most so many */
export function technicalEvents({ database }: Journal, limit: number): (TechnicalEvent & { readonly at: string })[] {
  return database
    .prepare('SELECT at, kind, subject, occasion FROM technical_events ORDER BY id DESC LIMIT ?')
    .all(limit)
    .map((row) => ({
      at: String(row['at']),
      kind: String(row['kind']) as TechnicalKind,
      subject: String(row['subject']),
      occasion: String(row['occasion']),
    }))
}
