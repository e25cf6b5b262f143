import type { Audit } from '../audit/entry.ts'
import type { HubKnown } from '../hub-states.ts'
import type { Log } from '../log.ts'
import type { Registry } from '../registry.ts'
import type { Journal } from '../store/journal.ts'
import { type DeviceAssignments, openAssignments } from './assignment.ts'
import { type Changes, openChanges } from './changes.ts'
import { openExpectations } from './expectations.ts'
import { openFleet } from './fleet.ts'
import { type FleetSight, openFleetSight } from './fleet-sight.ts'
import { openLatest } from './latest.ts'
import { openNotes } from './notes.ts'
import { openOverview } from './overview.ts'
import { openSeriesOf, type ReadSeries } from './series.ts'
import type { Fleet, Overview } from './shapes.ts'
import { openShown, type Shown } from './shown.ts'
import { type Onlooker, type Sight, sightOf } from './sight.ts'
import { openWorkLists, type WorkLists } from './work-list.ts'

/** What people of a clinic look at, from the journal. */
export interface Clinic {
  readonly workLists: WorkLists
  readonly changes: Changes
  readonly overview: (sight: Sight, citizen: string) => Promise<Overview>
  readonly series: ReadSeries
  fleetSight(organisation: string, at: string): FleetSight
  readonly fleet: (sight: FleetSight, at: string) => Promise<Fleet>
  readonly assignments: DeviceAssignments
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
  /** What a hub last told since the broker started. */
  readonly hub: (hub: string) => HubKnown | undefined
}

export function openClinic({ journal, registry, clock, audit, log, hub }: ClinicParts): Clinic {
  const shown = openShown(journal, audit, clock)
  const latest = openLatest(journal, clock)
  const expectations = openExpectations(journal, clock)
  return {
    workLists: openWorkLists(journal, latest, clock),
    changes: openChanges({ journal, registry, clock, shown, log }),
    overview: openOverview({ journal, registry, latest, expectations, hub, notesOf: openNotes(journal).of }),
    series: openSeriesOf(journal),
    fleetSight: openFleetSight(journal, registry),
    fleet: openFleet({ journal, registry, hub, expectations }),
    assignments: openAssignments(journal),
    shown,
    sight: (caller, at) => sightOf(caller, registry, at),
  }
}
