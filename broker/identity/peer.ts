import type { X509Certificate } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import type { BrokerClock } from '../broker-clock.ts'
import type { Authority } from './authority.ts'
import { accountOf, type Certificates } from './certificates.ts'
import { fingerprintOf } from './fingerprint.ts'

/** Who is at the other end of a connection, by its certificate. */

const DAY_MS = 24 * 3600_000
/** A hub that was in a cupboard for half a year renews by itself; after that a technician looks at it. */
export const RENEWABLE_AFTER_END_MS = 180 * DAY_MS
/** id-kp-clientAuth (RFC 5280, 4.2.1.12). */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

export type Peer =
  /** No certificate; `secure` over TLS. */
  | { readonly kind: 'none'; readonly secure: boolean }
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'known'
      readonly account: string
      readonly fingerprint: string
      /** Unix ms. */
      readonly endsAt: number
    }

const refused = (reason: string): Peer => ({ kind: 'refused', reason })

/** For connections that carry data: the chain must hold now, as OpenSSL judges, and must not be revoked. */
export function peerOf(connection: unknown, certificates: Certificates | undefined): Peer {
  if (!(connection instanceof TLSSocket)) return { kind: 'none', secure: false }
  const certificate = connection.getPeerX509Certificate()
  if (certificate === undefined) return { kind: 'none', secure: true }
  if (!connection.authorized) return refused(`certificate: ${connection.authorizationError}`)
  return named(certificate, certificates)
}

function named(certificate: X509Certificate, certificates: Certificates | undefined): Peer {
  const fingerprint = fingerprintOf(certificate)
  const revoked = certificates?.revoked(fingerprint)
  if (revoked !== undefined) return refused(`certificate: revoked (${revoked})`)
  const account = accountOf(certificate)
  if (account === undefined) return refused('certificate: names nobody')
  return { kind: 'known', account, fingerprint, endsAt: certificate.validToDate.getTime() }
}

/**
 * For renewal only, where a certificate that has ended counts for half a year more: OpenSSL would say no more than that
 * it has ended, so everything is looked at here. That the peer holds the key, TLS has proven.
 */
export function renewablePeer(
  connection: unknown,
  authority: Authority,
  certificates: Certificates,
  clock: BrokerClock,
): Peer {
  if (!(connection instanceof TLSSocket)) return { kind: 'none', secure: false }
  const certificate = connection.getPeerX509Certificate()
  if (certificate === undefined) return { kind: 'none', secure: true }
  if (!authority.signed(certificate)) return refused('certificate: of another authority')
  if (certificate.ca || !certificate.keyUsage?.includes(CLIENT_AUTH)) return refused('certificate: not of a client')
  const now = clock.now()
  if (now < certificate.validFromDate.getTime()) return refused('certificate: not yet valid')
  if (now > certificate.validToDate.getTime() + RENEWABLE_AFTER_END_MS)
    return refused('certificate: ended too long ago')
  return named(certificate, certificates)
}
