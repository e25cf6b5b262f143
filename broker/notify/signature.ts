import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Who sent this body, and when: HMAC-SHA256 (RFC 2104, FIPS 180-4) under a secret that both sides have, over the time of
 * sending, a full stop, and the body as it stands on the wire. Both directions use it.
 */

/** `precare-signature: t=<unix seconds>,v1=<64 hex digits>` */
export const SIGNATURE_HEADER = 'precare-signature'
/** A request is good for so long before and after the time it names; clocks of providers are minutes off at most. */
export const REPLAY_WINDOW_S = 300

/** @param now ms since 1970 UTC */
export function sign(secret: string, body: string | Uint8Array, now: number): string {
  const seconds = Math.floor(now / 1000)
  return `t=${seconds},v1=${digest(secret, seconds, body).toString('hex')}`
}

/** @param header as it came; anything but a signature of ours, of this body, within the window is false */
export function isSigned(secret: string, body: string | Uint8Array, header: unknown, now: number): boolean {
  const [, time, hex] = (typeof header === 'string' ? /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) : null) ?? []
  if (time === undefined || hex === undefined) return false
  if (Math.abs(now / 1000 - Number(time)) > REPLAY_WINDOW_S) return false
  return timingSafeEqual(Buffer.from(hex, 'hex'), digest(secret, Number(time), body))
}

function digest(secret: string, seconds: number, body: string | Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()
}
