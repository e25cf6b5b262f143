import type { Ingest } from '../ingest.ts'
import type { Registry } from '../registry.ts'
import type { Journal } from '../store/journal.ts'

/** What people's changes go through: the journal, and the commit after which everybody concerned is told. */
export interface Acting {
  readonly journal: Journal
  readonly registry: Registry
  /** Wall time, ms since 1970 UTC. */
  readonly clock: { now(): number }
  readonly ingest: Pick<Ingest, 'act' | 'storeTyped'>
}
