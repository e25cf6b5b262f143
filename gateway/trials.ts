import type { HubClock } from './hub-clock.ts'
import { errorFields, type Log } from './log.ts'
import type { Trial } from './snapshots.ts'
import type { ReleaseTrial } from './update/release-trial.ts'
import { packageVersion } from './version.ts'

/**
 * What is on trial while a hub runs: its configuration, its release, or both. A disk that takes no note of it is told in
 * the log, and no reason to stop measuring: the notes are for the next start, the readings for today.
 */

/** A disk that was full has room again some day. */
const NOTE_AGAIN_MS = 3600_000

export interface TrialParts {
  readonly configuration: Trial | undefined
  readonly release: ReleaseTrial | undefined
  readonly clock: Pick<HubClock, 'setTimeout'>
  readonly log: Log
}

export interface Trials {
  /** This release has not shown yet that it works. */
  readonly releaseOnTrial: boolean
  /**
   * @param healthy resolves when the hub has shown that it works
   * @param trialMs that it has for it
   * @param leave ends the process, so that the next one runs with what was there before
   */
  follow(healthy: Promise<void>, trialMs: number, leave: (why: string) => void): void
}

/** Notes that what is on trial has been started. To be called before anything that may kill the hub. */
export function beginTrials({ configuration, release, clock, log }: TrialParts): Trials {
  let releaseOnTrial = release !== undefined
  const noted = (note: () => void): boolean => {
    try {
      note()
      return true
    } catch (error) {
      log.warn('trial-not-noted', errorFields(error))
      return false
    }
  }
  const untilNoted = (note: () => void): void => {
    if (!noted(note)) clock.setTimeout(() => untilNoted(note), NOTE_AGAIN_MS)
  }
  if (releaseOnTrial) log.info('release-on-trial', { state: packageVersion() })
  if (configuration?.used === 'good') {
    log.error('config-rolled-back', { reason: 'the file is not used; see the README' })
  }
  noted(() => configuration?.begin())
  return {
    get releaseOnTrial() {
      return releaseOnTrial
    },
    follow: (healthy, trialMs, leave) => {
      const limit = clock.setTimeout(() => {
        if (release !== undefined) {
          // Put back also without the note: its starts are counted by another.
          noted(() => release.notHealthy())
          leave('release-trial')
        } else if (configuration !== undefined) {
          // Not noted it would be tried again and again.
          noted(() => {
            if (configuration.notHealthy()) leave('trial')
          })
        }
      }, trialMs)
      void healthy.then(() => {
        limit.cancel()
        releaseOnTrial = false
        log.info('healthy')
        untilNoted(() => configuration?.healthy())
        if (release === undefined) return
        untilNoted(() => {
          release.healthy()
          log.info('release-healthy', { state: packageVersion() })
        })
      })
    },
  }
}
