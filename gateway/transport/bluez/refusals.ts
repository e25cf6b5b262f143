import { isPreCareError, messageOf, PreCareError } from '../../../device-drivers/errors.ts'
import { refusalName } from './bus.ts'

/** What bluetoothd's errors mean to the hub (BlueZ, src/error.c and src/gatt-client.c). */

const PAIRING: ReadonlySet<string> = new Set([
  'AuthenticationFailed',
  'AuthenticationCanceled',
  'AuthenticationRejected',
  'AuthenticationTimeout',
])
/** bluetoothd's words for insufficient authentication, encryption or key size, after its own try to pair. */
const NOT_PAIRED = 'Not paired'
const NOT_CONNECTED = /^Not connected$/i
/** The device missed the first packets, as HCI reason 0x3e: a connection that never was. */
const NEVER_ESTABLISHED = /^(br|le)-connection-abort-by-(local|remote)$/
/** Objects of a device that bluetoothd has forgotten. */
const UNKNOWN: ReadonlySet<string> = new Set(['UnknownObject', 'UnknownMethod', 'DoesNotExist'])

/** @param what with ids, 'read of 2A35 at aa:bb:...' */
export function fromBluez(error: unknown, what: string): PreCareError {
  if (isPreCareError(error)) return error
  const name = refusalName(error)
  const text = messageOf(error)
  const as = (code: PreCareError['code'], why = text) => new PreCareError(code, `${what}: ${why}`, { cause: error })
  if (name === undefined) return as('adapter-unavailable')
  if (PAIRING.has(name)) return as('pairing-failed', name)
  if (name === 'NotPermitted' && text.includes(NOT_PAIRED)) return as('pairing-failed')
  if (name === 'NotReady' || name === 'ServiceUnknown') return as('adapter-unavailable')
  if (name === 'NotConnected' || NOT_CONNECTED.test(text) || NEVER_ESTABLISHED.test(text)) return as('link-lost')
  if (name === 'ConnectionAttemptFailed' || UNKNOWN.has(name)) return as('connect-timeout')
  return as('device-refused', `${name} ${text}`)
}

/** True when the next try may succeed at once: medical devices stay on for seconds. */
export function wasNeverEstablished(error: unknown): boolean {
  return isPreCareError(error, 'link-lost') && NEVER_ESTABLISHED.test(messageOf(error.cause))
}
