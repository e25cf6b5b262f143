// The library's container of algorithms wants this before it is loaded.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'

/**
 * A certificate for the page of one visit, signed by itself: no authority signs for an address in somebody's home. The
 * command line prints its fingerprint, which the browser shows too. To be loaded only when it is needed.
 */

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
/** RFC 5280, 4.1.2.2: positive, at most 20 octets. */
const SERIAL_BYTES = 15
/** A window is open for four hours at the most; a phone's clock may be off by a day. */
const DAY_MS = 24 * 3600_000
/** For a hub that does not know the time. Phones do. */
const ANY_TIME = [Date.UTC(2024, 0, 1), Date.UTC(2054, 0, 1)] as const

export interface PageCertificate {
  /** PEM. */
  readonly key: string
  readonly cert: string
}

/** @param hosts names or addresses of the page @param now unix ms, when the hub knows it */
export async function pageCertificate(hosts: readonly string[], now: number | undefined): Promise<PageCertificate> {
  const pair = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const [from, to] = now === undefined ? ANY_TIME : [now - DAY_MS, now + DAY_MS]
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `40${Buffer.from(webcrypto.getRandomValues(new Uint8Array(SERIAL_BYTES))).toString('hex')}`,
    name: [{ CN: ['PreCare hub'] }],
    notBefore: new Date(from),
    notAfter: new Date(to),
    signingAlgorithm: ALGORITHM,
    keys: pair,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) > 0 ? 'ip' : 'dns', value }))),
    ],
  })
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', pair.privateKey)
  return { key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), cert: made.toString('pem') }
}
