import { type ClinicalRecord, type Moment, momentOf } from './admit.ts'
import { openAlertLog } from './alerts/alert-log.ts'
import { openAlertReleases } from './audit/alert-releases.ts'
import { openTrail } from './audit/trail.ts'
import { openFeeds } from './feeds.ts'
import type { Log } from './log.ts'
import type { Registry } from './registry.ts'
import { openHubLedger } from './store/hub-ledger.ts'
import type { Journal } from './store/journal.ts'
import { openQuarantine, QUARANTINE_PER_DAY } from './store/quarantine.ts'
import { openReadingRows } from './store/readings.ts'

export interface CommitParts {
  readonly journal: Journal
  readonly registry: Registry
  /** Wall time, ms since 1970 UTC. */
  readonly clock: { now(): number }
  readonly log: Log
  /** Default: {@link QUARANTINE_PER_DAY}. */
  readonly quarantinePerDay?: { readonly entries: number; readonly bytes: number }
}

export interface ClinicalCommits {
  readonly record: ClinicalRecord
  /**
   * One transaction over the record; everything collected for it is written at its end or forgotten. Throws as `work`
   * does, and 'store-failed' when the disk refused: then nothing was done.
   */
  commit<T>(work: (moment: Moment) => T): T
}

/** @param registryChanged called within a commit that found the registry changed: others may own what is held */
export function openClinicalCommits(parts: CommitParts, registryChanged: () => void): ClinicalCommits {
  const { journal, registry, clock, log } = parts
  const audit = openTrail(journal, clock)
  const feeds = openFeeds(journal, registry, clock, audit)
  const releases = openAlertReleases(journal, audit)
  const alerts = openAlertLog(journal, registry, log)
  const ledger = openHubLedger(journal)
  const readings = openReadingRows(journal)
  const quarantine = openQuarantine(journal, parts.quarantinePerDay ?? QUARANTINE_PER_DAY)
  return {
    record: { registry, readings, quarantine, ledger, feeds, alerts },
    commit(work) {
      const moment = momentOf(clock.now())
      const committed = journal.transaction(() => {
        feeds.begin()
        ledger.begin()
        alerts.begin()
        if (registry.refresh()) {
          registryChanged()
          alerts.align(moment.now, false)
        }
        const result = work(moment)
        ledger.end(moment.now)
        feeds.end()
        alerts.end(moment.now)
        releases.write()
        return result
      })
      alerts.committed()
      return committed
    },
  }
}
