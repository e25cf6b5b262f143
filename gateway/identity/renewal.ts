import { RENEW_PATH } from '../../broker/contract/enrolment.ts'
import { deadline, type HubClock, pause } from '../hub-clock.ts'
import { errorFields, type Log } from '../log.ts'
import { certificateRequest, newKey } from './certificate-request.ts'
import { placeOf } from './enrol.ts'
import { openSecureLine } from './secure-line.ts'
import { goBack, type HubIdentity, pendingKey, readIdentity, spareSlot, takeIntoUse, type WriteFile } from './slots.ts'

/** The hub's certificate is renewed long before its end, without anybody. */

/** Renewed when a third of its life is left: a month for attempts. */
const RENEW_AT_LEFT = 1 / 3
const LOOK_EVERY_MS = 3600_000
/** After a refusal: soon, but never in a loop. */
const AFTER_REFUSAL_MS = 60_000
const WITHIN_MS = 60_000
const DAY_MS = 24 * 3600_000
/** A renewal that failed for three weeks needs a person. */
const NOTICE_MS = 7 * DAY_MS

/** @param now Unix ms */
export function isDue({ validFrom, validTo }: Pick<HubIdentity, 'validFrom' | 'validTo'>, now: number): boolean {
  return validTo - now <= (validTo - validFrom) * RENEW_AT_LEFT
}

/**
 * A new certificate, shown for with the old one, which may have ended up to half a year ago. The old one stays until
 * the new one is complete; a power cut at any moment leaves one in use.
 *
 * @throws PreCareError 'certificate-ended' when a technician must come, 'server-untrusted', 'uplink-lost'
 */
export async function renew(folder: string, clock: HubClock, signal: AbortSignal, write?: WriteFile): Promise<void> {
  const identity = readIdentity(folder)
  if (identity === undefined) return
  const { hub, authority, origin, key, certificate } = identity
  const { askCertificate } = await import('./ask-certificate.ts')
  const { host, port } = placeOf(origin)
  const limit = deadline(clock, WITHIN_MS, signal, () => new Error('the broker took too long'))
  try {
    const slot = spareSlot(folder)
    const next = pendingKey(folder, slot, newKey, undefined, write)
    const line = await openSecureLine({ host, port, authority, key, certificate }, clock, limit.signal)
    limit.signal.addEventListener('abort', () => line.destroy(), { once: true })
    const answer = await askCertificate(line, host, RENEW_PATH, { request: certificateRequest(next) })
    const seenAt = Date.parse(answer.at)
    takeIntoUse(folder, slot, { hub, certificate: answer.certificate, authority, origin, seenAt }, write)
  } finally {
    limit.cancel()
  }
}

export interface RenewalParts {
  readonly folder: string
  readonly clock: HubClock
  readonly log: Log
  /** The hub should come back with its new certificate, while the old one is still good. */
  readonly onRenewed: () => void
}

export interface Renewal {
  /** The broker refused the certificate. */
  refused(): void
  /** The broker took it. */
  accepted(): void
  readonly done: Promise<void>
}

/** Looks once an hour, and soon after a refusal, until `signal` aborts. */
export function tendCertificate({ folder, clock, log, onRenewed }: RenewalParts, signal: AbortSignal): Renewal {
  let refusals = 0
  let wentBack = false
  let told = ''
  let wake = new AbortController()

  async function look(): Promise<void> {
    const identity = readIdentity(folder)
    if (identity === undefined) return
    const now = clock.wall()
    const due = now !== undefined && isDue(identity, now)
    if (!due && refusals === 0) return
    try {
      await renew(folder, clock, signal)
      refusals = 0
      told = ''
      log.info('certificate-renewed')
      onRenewed()
    } catch (error) {
      if (signal.aborted) return
      // Once per reason: a month without internet is one line.
      const fields = errorFields(error)
      if (fields.code !== told) log.warn('certificate-not-renewed', fields)
      told = fields.code ?? ''
      if (now !== undefined && identity.validTo - now < NOTICE_MS) {
        log.error('certificate-ends', { count: Math.floor((identity.validTo - now) / DAY_MS) })
      }
      // Once: if neither is taken, it is not the certificate.
      if (refusals > 0 && !wentBack) {
        wentBack = goBack(folder)
        if (wentBack) log.warn('certificate-before-used')
      }
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await look()
      } catch (error) {
        // A disk that takes no writes: the certificate in use stays, and the hub measures on.
        log.error('certificate-not-renewed', errorFields(error))
      }
      await pause(clock, LOOK_EVERY_MS, AbortSignal.any([signal, wake.signal]))
      if (!wake.signal.aborted) continue
      wake = new AbortController()
      await pause(clock, AFTER_REFUSAL_MS, signal)
    }
  }

  return {
    refused() {
      refusals += 1
      wake.abort()
    },
    accepted() {
      refusals = 0
      wentBack = false
    },
    done: run(),
  }
}
