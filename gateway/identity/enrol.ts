import { createHash } from 'node:crypto'
import { ENROL_PATH } from '../../broker/contract/enrolment.ts'
import { PreCareError } from '../../device-drivers/errors.ts'
import { deadline, type HubClock } from '../hub-clock.ts'
import { askCertificate } from './ask-certificate.ts'
import { certificateRequest, newKey } from './certificate-request.ts'
import { fetchAuthority, openSecureLine } from './secure-line.ts'
import { pendingKey, spareSlot, takeIntoUse, type WriteFile } from './slots.ts'

/** A hub comes to its first certificate, or to a new one after a technician's visit. */

/** A satellite line, twice. */
const WITHIN_MS = 60_000
const HTTPS_PORT = 443

export interface Enrolment {
  /** `https://host:port` */
  readonly origin: string
  readonly code: string
  /** Of the authority's certificate: 64 hex digits, or 20 characters as printed. */
  readonly fingerprint: string
  /** Who this hub is by its configuration; a blank one is told by the broker. */
  readonly hub?: string
  /** Of its board. */
  readonly serial: string
  /** Where the identity lives. */
  readonly folder: string
}

export interface Enrolled {
  readonly hub: string
  /** Where to connect from now on. */
  readonly mqttUrl: string
  readonly seenAt: number
}

/** Host and port of an origin. */
export function placeOf(origin: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(origin)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || HTTPS_PORT }
}

/**
 * The key is made here and stays. Trusts a server only by the fingerprint; the hub's clock may be wrong by any amount.
 * May be repeated with the same code after a cut line or power.
 *
 * @throws PreCareError 'server-untrusted', 'enrolment-refused', 'uplink-lost'
 */
export async function enrol(wanted: Enrolment, clock: HubClock, write?: WriteFile): Promise<Enrolled> {
  const { origin, code, fingerprint, hub, serial, folder } = wanted
  const { host, port } = placeOf(origin)
  const limit = deadline(clock, WITHIN_MS, new AbortController().signal, () => new Error('the broker took too long'))
  try {
    const authority = await fetchAuthority(host, port, fingerprint, limit.signal)
    const slot = spareSlot(folder)
    const asked = createHash('sha256').update(code).digest('base64url')
    const key = pendingKey(folder, slot, newKey, asked, write)
    const line = await openSecureLine({ host, port, authority }, clock, limit.signal)
    limit.signal.addEventListener('abort', () => line.destroy(), { once: true })
    const answer = await askCertificate(line, host, ENROL_PATH, { code, serial, hub, request: certificateRequest(key) })
    if (hub !== undefined && answer.hub !== hub) {
      throw new PreCareError('enrolment-refused', `the certificate is for ${answer.hub}`)
    }
    const seenAt = Date.parse(answer.at)
    takeIntoUse(folder, slot, { hub: answer.hub, certificate: answer.certificate, authority, origin, seenAt }, write)
    return { hub: answer.hub, mqttUrl: answer.mqttUrl, seenAt }
  } finally {
    limit.cancel()
  }
}
