import { Secret, TOTP } from 'otpauth'

/** The second factor: time-based one-time passwords (RFC 6238) of an authenticator app, with its common parameters. */

const ISSUER = 'PreCare'
/** 160 bits, as RFC 4226, 4 recommends. */
const SECRET_BYTES = 20
const PERIOD_S = 30
/** One step on either side for a telephone whose clock is a little off (RFC 6238, 5.2). */
const WINDOW = 1

const totp = (user: string, secret: string): TOTP =>
  new TOTP({ issuer: ISSUER, label: user, secret: Secret.fromBase32(secret), period: PERIOD_S, digits: 6 })

/** A new shared secret, base 32. */
export const newSecret = (): string => new Secret({ size: SECRET_BYTES }).base32

/** What the QR code says that an authenticator app scans. */
export const keyUri = (user: string, secret: string): string => totp(user, secret).toString()

/**
 * The time step that the code belongs to; undefined for a wrong one. A step that was used is not used again (RFC 6238,
 * 5.2): the caller keeps it.
 * @param now wall time, ms since 1970
 */
export function stepOf(secret: string, code: string, now: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const delta = TOTP.validate({
    token: code,
    secret: Secret.fromBase32(secret),
    period: PERIOD_S,
    digits: 6,
    timestamp: now,
    window: WINDOW,
  })
  return delta === null ? undefined : Math.floor(now / 1000 / PERIOD_S) + delta
}
