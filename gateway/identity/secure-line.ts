import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { type ConnectionOptions, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { isFingerprint } from '../../broker/contract/enrolment.ts'
import { PreCareError } from '../../device-drivers/errors.ts'
import type { HubClock } from '../hub-clock.ts'
import { opened } from '../opened-line.ts'
import { doubtOf } from './server-check.ts'

/** A TLS connection that is open only once the server has proven to be the broker. */

/** RFC 9325, 3.1.1: TLS 1.2 at the least. */
const TLS_FLOOR = 'TLSv1.2'
/** Longer chains are nobody's. */
const MAX_CHAIN = 5

export interface SecureTarget {
  /** Name or address that the server must prove. */
  readonly host: string
  readonly port: number
  /** PEM: who must have signed the server's certificate. */
  readonly authority: string
  /** PEM: what the hub shows, where it has one. */
  readonly key?: string
  readonly certificate?: string
  /** Where to connect instead of asking for the address of `host`. */
  readonly address?: string
}

function options({ host, port, address }: Pick<SecureTarget, 'host' | 'port' | 'address'>): ConnectionOptions {
  return {
    host: address ?? host,
    port,
    ...(isIP(host) > 0 ? {} : { servername: host }),
    minVersion: TLS_FLOOR,
    // Judged below, where the hub's doubts about its own clock are known; nothing is sent before.
    rejectUnauthorized: false,
  }
}

/**
 * @param signal its reason rejects, and cuts the connection while it is being made
 * @throws PreCareError 'server-untrusted' when another answers than the broker, 'uplink-lost' when none does
 */
export async function openSecureLine(target: SecureTarget, clock: HubClock, signal: AbortSignal): Promise<TLSSocket> {
  const { host, authority, key, certificate } = target
  const identity = key === undefined || certificate === undefined ? {} : { key, cert: certificate }
  const socket = await opened(connect({ ...options(target), ca: authority, ...identity }), 'secureConnect', signal)
  const doubt = doubtOf(
    {
      authorized: socket.authorized,
      error: String(socket.authorizationError),
      certificate: socket.getPeerX509Certificate(),
    },
    { host, authority, timeKnown: clock.wall() !== undefined, earliest: clock.earliest() },
  )
  if (doubt !== undefined) {
    socket.destroy()
    throw new PreCareError('server-untrusted', `${host}: ${doubt}`)
  }
  socket.setNoDelay(true)
  return socket
}

/**
 * The certificate of the authority, which a server shows behind its own, known by nothing but its fingerprint.
 * @param meant as `isFingerprint` takes it
 * @returns PEM
 * @throws PreCareError 'server-untrusted' when it shows none of this fingerprint, 'uplink-lost' when nobody answers
 */
export async function fetchAuthority(host: string, port: number, meant: string, signal: AbortSignal): Promise<string> {
  const socket = await opened(connect(options({ host, port })), 'secureConnect', signal)
  let shown: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  socket.destroy()
  for (let i = 0; i < MAX_CHAIN && shown?.raw !== undefined; i += 1) {
    const certificate = new X509Certificate(shown.raw)
    const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase()
    if (isFingerprint(meant, fingerprint)) return certificate.toString()
    shown = shown.issuerCertificate === shown ? undefined : shown.issuerCertificate
  }
  throw new PreCareError('server-untrusted', `${host}: shows no certificate of that fingerprint`)
}
