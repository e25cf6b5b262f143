import { constants } from 'node:crypto'
import type { TlsOptions } from 'node:tls'

/** What every TLS server of the broker accepts. */

/** IETF RFC 9325, 4.2: forward secrecy and authenticated encryption only; TLS 1.3 has no others. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** What all servers of the broker have in common. No tickets: a resumed session would skip the look at the certificate. */
export const TLS_PROFILE = {
  minVersion: 'TLSv1.2',
  ciphers: CIPHERS,
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  handshakeTimeout: 5_000,
} as const satisfies TlsOptions
