import { isPreCareError, PreCareError } from '../device-drivers/errors.ts'
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

/** Makes visits: runs the session, and writes down how it went. */
export class Visits {
  readonly #options: VisitsOptions
  #sessions = 0
  #failures = 0

  constructor(options: VisitsOptions) {
    this.#options = options
  }

  /** Since the process started. */
  get counts(): { readonly sessions: number; readonly failures: number } {
    return { sessions: this.#sessions, failures: this.#failures }
  }

  /** What earlier visits asked to remember about a device. */
  memory(device: string): Readonly<Record<string, number | string>> {
    return this.#options.outbox.memory(device)
  }

  /** @param withinMs undefined for a line that stays open. Rejects with 'store-failed' only. */
  async make(talk: Conversation, withinMs: number | undefined, stop: AbortSignal): Promise<VisitReport> {
    const { outbox, clock, zone, log, states, runId, onStored } = this.#options
    this.#sessions += 1
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
