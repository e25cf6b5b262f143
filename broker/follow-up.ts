import { messageOf } from '../device-drivers/errors.ts'
import { releaseHeld } from './admit.ts'
import type { ClinicalCommits } from './clinical-commits.ts'
import type { Log } from './log.ts'

export interface FollowUpParts {
  readonly commits: ClinicalCommits
  readonly log: Log
  /** Something is due: call {@link FollowUp.step} when there is time. */
  readonly due: () => void
  /** Something was stored. */
  readonly stored: () => void
}

/**
 * What a changed registry or changed rules ask for afterwards: held readings that somebody owns now are released, and
 * citizens judged anew. A few at a time, each in a commit of its own between those of the hubs.
 */
export class FollowUp {
  readonly #parts: FollowUpParts
  /** Where the search for held readings that can be released goes on; undefined: nothing to search. */
  #releaseAfter: number | undefined
  /** Some citizens may have to be judged again. */
  #judging = false

  constructor(parts: FollowUpParts) {
    this.#parts = parts
  }

  get isDue(): boolean {
    return this.#releaseAfter !== undefined || this.#judging
  }

  /** Held readings may be somebody's now. */
  release(): void {
    this.#releaseAfter = 0
    this.#parts.due()
  }

  /** Rules may have changed. */
  judge(): void {
    this.#judging = true
    this.#parts.due()
  }

  step(): void {
    this.#releaseSome()
    this.#judgeSome()
  }

  #releaseSome(): void {
    const after = this.#releaseAfter
    if (after === undefined) return
    const { commits, log, stored } = this.#parts
    this.#releaseAfter = undefined
    try {
      const { next, released } = commits.commit((moment) => releaseHeld(commits.record, moment, after))
      this.#releaseAfter ??= next
      if (released === 0) return
      log.info('readings-released', { count: released })
      stored()
    } catch (error) {
      log.error('release-failed', { reason: messageOf(error) })
    }
  }

  #judgeSome(): void {
    if (!this.#judging) return
    const { commits, log, stored } = this.#parts
    this.#judging = false
    try {
      if (commits.commit(({ now }) => commits.record.alerts.catchUp(now))) this.judge()
      stored()
    } catch (error) {
      log.error('judging-failed', { reason: messageOf(error) })
    }
  }
}
