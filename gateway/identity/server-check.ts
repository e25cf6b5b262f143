import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'

/**
 * Whether the server is the broker, also while the hub does not know the time. Pure.
 *
 * OpenSSL judges by the machine's clock. A hub that boots in 1970 would find every certificate not yet valid, and without
 * a connection never learn better. Then everything is judged here, against what is known of the time: that it is later
 * than the build, than the last time seen, and than the day the hub's own certificate was made.
 */

/** id-kp-serverAuth (RFC 5280, 4.2.1.12). */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
/** The only one of OpenSSL's verdicts that a clock which is behind brings about. */
const NOT_YET_VALID = 'CERT_NOT_YET_VALID'

export interface ServerProof {
  /** OpenSSL's verdict by the machine's clock: chain, name and validity. */
  readonly authorized: boolean
  /** Its code otherwise. */
  readonly error: string
  readonly certificate: X509Certificate | undefined
}

export interface Expected {
  /** Name or address in the URL. */
  readonly host: string
  /** PEM. */
  readonly authority: string
  /** Whether the machine's clock is believed. */
  readonly timeKnown: boolean
  /** Unix ms: it is later than this. */
  readonly earliest: number
}

/** Why this server is not believed to be the broker; undefined when it is. */
export function doubtOf({ authorized, error, certificate }: ServerProof, expected: Expected): string | undefined {
  if (expected.timeKnown) return authorized ? undefined : error
  if (!authorized && error !== NOT_YET_VALID) return error
  if (certificate === undefined) return 'no certificate'
  return doubtWithoutTime(certificate, expected)
}

/** OpenSSL tells one of several faults only, so that nothing of its verdict is used. */
function doubtWithoutTime(certificate: X509Certificate, { host, authority, earliest }: Expected): string | undefined {
  const signer = new X509Certificate(authority)
  if (!signer.ca || !certificate.checkIssued(signer) || !certificate.verify(signer.publicKey)) {
    return 'certificate of another authority'
  }
  if (certificate.ca || !certificate.keyUsage?.includes(SERVER_AUTH)) return 'not the certificate of a server'
  const name = isIP(host) > 0 ? certificate.checkIP(host) : certificate.checkHost(host, { subject: 'never' })
  if (name === undefined) return 'certificate of another host'
  // That it begins later says nothing: the time is only known to be later than `earliest`.
  if ([certificate, signer].some(({ validToDate }) => validToDate.getTime() < earliest)) return 'certificate has ended'
  return undefined
}
