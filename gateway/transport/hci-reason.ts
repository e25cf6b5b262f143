import { isPreCareError, PreCareError } from '../../device-drivers/errors.ts'

/** HCI error codes (Core, Vol 1, Part F, 1.3) that mean more to the hub than "the link is gone". */
const NEVER_ESTABLISHED = 0x3e
/** Authentication failure, PIN or key missing, pairing not allowed, MIC failure. */
const SECURITY: ReadonlySet<number> = new Set([0x05, 0x06, 0x18, 0x3d])

interface HciCause {
  readonly hciReason: number
}

function hciReasonOf(error: unknown): number | undefined {
  if (!isPreCareError(error) || typeof error.cause !== 'object' || error.cause === null) return undefined
  const reason: unknown = Reflect.get(error.cause, 'hciReason')
  return typeof reason === 'number' ? reason : undefined
}

/** @param whilePairing a security reason then means that the device does not want to pair */
export function disconnection(address: string, reason: number, whilePairing: boolean): PreCareError {
  const cause: HciCause = { hciReason: reason }
  const hex = `0x${reason.toString(16).padStart(2, '0')}`
  return whilePairing && SECURITY.has(reason)
    ? new PreCareError('pairing-failed', `${address} ended the link while pairing, reason ${hex}`, { cause })
    : new PreCareError('link-lost', `${address} disconnected, reason ${hex}`, { cause })
}

/** noble gives the status of a failed connection in the text of its error only: "... (0x3e)". */
export function connectionRefused(address: string, text: string): PreCareError {
  const status = /\(0x([0-9a-f]{1,2})\)/.exec(text)?.[1]
  const cause: HciCause = { hciReason: status === undefined ? 0 : Number.parseInt(status, 16) }
  return new PreCareError('link-lost', `${address} was not connected: ${text}`, { cause })
}

/** True when the connection was reported and there was none: the device missed its first packets (abandonware/noble#62). */
export function wasNeverEstablished(error: unknown): boolean {
  return hciReasonOf(error) === NEVER_ESTABLISHED
}

/** True when the link broke over its keys. */
export function brokeOverSecurity(error: unknown): boolean {
  const reason = hciReasonOf(error)
  return reason !== undefined && SECURITY.has(reason)
}
