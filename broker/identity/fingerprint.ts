import type { X509Certificate } from 'node:crypto'

/** SHA-256 of a certificate, 64 hex digits. */
export const fingerprintOf = (certificate: X509Certificate): string =>
  certificate.fingerprint256.replaceAll(':', '').toLowerCase()
