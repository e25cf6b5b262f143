/** Cookies of this site only (`__Host-`, RFC 6265bis 4.1.3.2), that no script reads and no other site's form sends. */

const SESSION = '__Host-precare'
const TRANSACTION = '__Host-precare-provider'
const FLAGS = 'Path=/; Secure; HttpOnly; SameSite=Lax'
/** Long enough to find a telephone and a password at the identity provider. */
export const TRANSACTION_S = 600

function cookieNamed(header: string | undefined, name: string): string {
  const [, value] = new RegExp(`(?:^|;\\s*)${name}=([A-Za-z0-9_-]{1,100})(?:;|$)`).exec(header ?? '') ?? []
  return value ?? ''
}

/** Empty when the browser holds none. @param header the request's Cookie */
export const sessionOf = (header: string | undefined): string => cookieNamed(header, SESSION)
export const transactionOf = (header: string | undefined): string => cookieNamed(header, TRANSACTION)

/** A Set-Cookie header. @param at the time now, ISO 8601 */
export function sessionCookie(session: { readonly cookie: string; readonly endsAt: string }, at: string): string {
  const seconds = Math.max(0, Math.floor((Date.parse(session.endsAt) - Date.parse(at)) / 1000))
  return `${SESSION}=${session.cookie}; ${FLAGS}; Max-Age=${seconds}`
}

export const transactionCookie = (transaction: string): string =>
  `${TRANSACTION}=${transaction}; ${FLAGS}; Max-Age=${TRANSACTION_S}`

export const NO_SESSION = `${SESSION}=; ${FLAGS}; Max-Age=0`
export const NO_TRANSACTION = `${TRANSACTION}=; ${FLAGS}; Max-Age=0`
