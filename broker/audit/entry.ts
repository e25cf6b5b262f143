import type { Kind } from '../../device-drivers/reading.ts'

/** Who did it. `system` is the broker itself. */
export interface Actor {
  readonly type: 'user' | 'client' | 'hub' | 'system'
  readonly id: string
  /** For whom it was done, or who received it. */
  readonly organisation?: string
  /** Of a user: nurse, physician ... */
  readonly role?: string
}

/** routine: as every day. important: rights, limits, accounts. critical: against the usual bounds, as an emergency. */
export type Criticality = 'routine' | 'important' | 'critical'

/**
 * One thing that somebody saw or changed. Everything is an id or a word of the house: no name, no measured value, no
 * free text. The fields are those of MinLog2, the Danish register in which citizens see who looked (time and system are
 * added when it is written): activity = action, reason = purpose, person = citizen.
 */
export interface AuditEntry {
  readonly actor: Actor
  readonly onBehalfOf?: string
  /** Verb and object, as `readings.read`, `alert.acknowledge`, `limits.set`. */
  readonly action: string
  readonly citizen?: string
  /** What it was done to: an id, a version. */
  readonly subject?: string
  readonly kinds?: readonly Kind[]
  /** Times of the data that was seen, ISO 8601 UTC. */
  readonly from?: string
  readonly to?: string
  /** First and last cursor of the organisation's feed that was seen. */
  readonly cursors?: readonly [first: number, last: number]
  readonly count?: number
  /** Of the grant, or the reason given. */
  readonly purpose?: string
  /** 'routine' when absent. */
  readonly criticality?: Criticality
  /** One request or message that caused several rows. */
  readonly correlation?: string
}

/** Appends in the caller's transaction, before the data leaves. */
export type Audit = (entry: AuditEntry) => void
