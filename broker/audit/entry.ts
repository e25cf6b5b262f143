import type { Kind } from '../../device-drivers/reading.ts'

/** Who did it. `system` is the broker itself. */
export interface Actor {
  readonly type: 'user' | 'client' | 'hub' | 'system'
  readonly id: string
  readonly organisation?: string
}

/**
 * One thing that somebody saw or changed. Everything is an id or a word of the house: no name, no measured value, no
 * free text.
 */
export interface AuditEntry {
  readonly actor: Actor
  readonly onBehalfOf?: string
  /** Verb and object, as `readings.read`, `alert.acknowledge`, `limits.set`. */
  readonly action: string
  readonly citizen?: string
  /** What it was done to: an id, a cursor range, a version. */
  readonly subject?: string
  readonly kinds?: readonly Kind[]
  /** Times of the data that was seen, ISO 8601 UTC. */
  readonly from?: string
  readonly to?: string
  readonly count?: number
  /** Of the grant, or the reason given. */
  readonly purpose?: string
}

/** Appends in the caller's transaction, before the data leaves. */
export type Audit = (entry: AuditEntry) => void
