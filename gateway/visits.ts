import { type ErrorCode, isPreCareError, PreCareError } from '../device-drivers/errors.ts'
import type { DeviceStates } from './device-states.ts'
import { deadline, type HubClock } from './hub-clock.ts'
import { errorFields, type Log } from './log.ts'
import type { Outbox } from './outbox.ts'
import { type Conversation, type VisitReport, visitDevice } from './session.ts'

export interface VisitsOptions {
  readonly outbox: Outbox
  readonly clock: HubClock
  readonly zone: string
  readonly states: DeviceStates
  readonly log: Log
  /** Random, per process: with it two visits never have the same occasion. */
  readonly runId: string
  /** Readings wait to be sent. */
  readonly onStored: () => void
}

/** Somebody who looks on while devices are tried out. */
export interface Trial {
  /** True when everything that this device says now is a test. */
  testing(device: string): boolean
  /** Readings of a device under test that are on the disk now. @param ids as in the outbox */
  stored(device: string, ids: readonly string[]): void
  visited(device: string, report: VisitReport): void
  /** There was no visit. @param code why */
  unreachable(device: string, code: ErrorCode): void
}

/** Makes visits: runs the session, and writes down how it went. */
export class Visits {
  readonly #options: VisitsOptions
  #sessions = 0
  #failures = 0
  #trial: Trial | undefined

  constructor(options: VisitsOptions) {
    this.#options = options
  }

  /** Since the process started. */
  get counts(): { readonly sessions: number; readonly failures: number } {
    return { sessions: this.#sessions, failures: this.#failures }
  }

  /** @param trial undefined: nobody looks on any more */
  observe(trial: Trial | undefined): void {
    this.#trial = trial
  }

  /** What earlier visits asked to remember about a device. */
  memory(device: string): Readonly<Record<string, number | string>> {
    return this.#options.outbox.memory(device)
  }

  /** Notes that a device could not be visited at all. */
  async unreachable(device: string, code: ErrorCode): Promise<void> {
    const { states, log } = this.#options
    if (this.#trial?.testing(device) === true) this.#trial.unreachable(device, code)
    await states.unreachable(device, code).catch((error: unknown) => log.error('state-not-stored', errorFields(error)))
  }

  /** @param withinMs undefined for a line that stays open. Rejects with 'store-failed' only. */
  async make(talk: Conversation, withinMs: number | undefined, stop: AbortSignal): Promise<VisitReport> {
    const { outbox, clock, zone, log, states, runId, onStored } = this.#options
    this.#sessions += 1
    const trial = this.#trial?.testing(talk.device) === true ? this.#trial : undefined
    const tooLong = () => new PreCareError('operation-timeout', `visit to ${talk.device} exceeded its time`)
    const limit = withinMs === undefined ? { signal: stop, cancel: () => {} } : deadline(clock, withinMs, stop, tooLong)
    try {
      const report = await visitDevice(talk, {
        outbox: {
          memory: (device) => outbox.memory(device),
          commitNow: () => outbox.commitNow(),
          append: async (arrival) => {
            const appended = await outbox.append(arrival)
            if (appended.stored > 0) {
              trial?.stored(
                talk.device,
                arrival.drafts.map(({ reading }) => reading.id),
              )
              onStored()
              await states.stored(talk.device)
            }
            return appended
          },
        },
        clock,
        zone,
        occasion: `${runId}.${this.#sessions}`,
        signal: limit.signal,
        ...(trial && { testing: () => trial.testing(talk.device) }),
      })
      const { stored, duplicate, rejected, surplusBytes, failure } = report
      const sums = { device: talk.device, driver: talk.about.id, stored, duplicate, rejected, surplusBytes }
      // What the hub's own stopping broke off is no fault of the device.
      const fault = stop.aborted ? undefined : failure
      if (fault !== undefined) {
        this.#failures += 1
        log.warn('visit-failed', { ...sums, ...errorFields(fault) })
      } else if (report.records + rejected > 0) log.info('visit', sums)
      await states.visited(talk.device, report, fault?.code)
      trial?.visited(talk.device, report)
      return report
    } catch (error) {
      this.#failures += 1
      log.error('visit-not-stored', { device: talk.device, ...errorFields(error) })
      throw isPreCareError(error)
        ? error
        : new PreCareError('store-failed', 'the visit could not be stored', { cause: error })
    } finally {
      limit.cancel()
    }
  }
}
