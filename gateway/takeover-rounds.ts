import { isPreCareError } from '../device-drivers/errors.ts'
import type { HubClock } from './hub-clock.ts'
import { errorFields, type Log } from './log.ts'
import type { Takeover } from './outbox-takeover.ts'

/** A disk without room, or a file that can't be looked at, is tried again. */
const AGAIN_MS = 60_000

/**
 * The readings of files set aside, in rounds of housekeeping: a start with months of readings is as quick as any, and
 * new ones are taken meanwhile.
 *
 * @param onTaken readings wait to be sent
 * @returns for each round; never rejects with 'store-failed', which the log says once per reason
 */
export function takeoverRounds(
  takeover: Pick<Takeover, 'pending' | 'some'>,
  clock: Pick<HubClock, 'now'>,
  log: Log,
  onTaken: () => void,
): () => Promise<void> {
  let notBefore = Number.NEGATIVE_INFINITY
  let said: string | undefined
  return async () => {
    if (!takeover.pending || clock.now() < notBefore) return
    try {
      const { taken, done } = await takeover.some()
      if (taken > 0) onTaken()
      if (done !== undefined) log.info('outbox-taken-over', { ...done })
    } catch (error) {
      if (!isPreCareError(error, 'store-failed')) throw error
      notBefore = clock.now() + AGAIN_MS
      if (said === error.message) return
      said = error.message
      log.error('outbox-not-taken-over', errorFields(error))
    }
  }
}
