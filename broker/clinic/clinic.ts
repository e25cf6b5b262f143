import type { Audit } from '../audit/entry.ts'
import type { Log } from '../log.ts'
import type { Registry } from '../registry.ts'
import type { Journal } from '../store/journal.ts'
import { type Changes, openChanges } from './changes.ts'
import { openLatest } from './latest.ts'
import { openShown, type Shown } from './shown.ts'
import { type Onlooker, type Sight, sightOf } from './sight.ts'
import { openWorkLists, type WorkLists } from './work-list.ts'

/** What people of a clinic look at, from the journal. */
export interface Clinic {
  readonly workLists: WorkLists
  readonly changes: Changes
  /** Writes down whom somebody is about to see. */
  readonly shown: Shown
  sight(caller: Onlooker, at: string): Sight
}

export interface ClinicParts {
  readonly journal: Journal
  readonly registry: Registry
  readonly clock: { now(): number; monotonic(): number }
  readonly audit: Audit
  readonly log: Log
}

export function openClinic({ journal, registry, clock, audit, log }: ClinicParts): Clinic {
  const shown = openShown(journal, audit, clock)
  const latest = openLatest(journal, clock)
  return {
    workLists: openWorkLists(journal, latest, clock),
    changes: openChanges({ journal, registry, clock, shown, log }),
    shown,
    sight: (caller, at) => sightOf(caller, registry, at),
  }
}
