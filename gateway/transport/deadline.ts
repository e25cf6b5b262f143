import { isPreCareError, PreCareError } from '../../device-drivers/errors.ts'
import type { HubTime } from './transport-time.ts'

export interface Limits {
  readonly time: HubTime
  readonly ms: number
  /** The error when `ms` have passed. */
  readonly expired: () => PreCareError
  /** Any of them ends the wait at once with its reason. */
  readonly signals?: readonly AbortSignal[]
}

/** What an aborted signal means, as our own error. */
export function reasonOf(signal: AbortSignal): PreCareError {
  return isPreCareError(signal.reason)
    ? signal.reason
    : new PreCareError('link-lost', 'cancelled by the hub', { cause: signal.reason })
}

/**
 * Waits for `work`, but no longer than the limits allow. noble's promises hang for ever on link loss and on ATT errors
 * (noble/noble#183, #229, #522), so nothing of it is awaited without this. `work` itself goes on; its late result is
 * dropped.
 */
export function withDeadline<T>(work: Promise<T>, limits: Limits): Promise<T> {
  const signals = limits.signals ?? []
  return new Promise<T>((resolve, reject) => {
    const finish = () => {
      timer.cancel()
      for (const signal of signals) signal.removeEventListener('abort', onAbort)
    }
    const onAbort = () => {
      const aborted = signals.find((signal) => signal.aborted)
      finish()
      reject(aborted ? reasonOf(aborted) : limits.expired())
    }
    const timer = limits.time.setTimeout(() => {
      finish()
      reject(limits.expired())
    }, limits.ms)
    for (const signal of signals) signal.addEventListener('abort', onAbort, { once: true })
    if (signals.some((signal) => signal.aborted)) onAbort()
    work.then(
      (value) => {
        finish()
        resolve(value)
      },
      (error: unknown) => {
        finish()
        reject(error)
      },
    )
  })
}
