import { ATT_ERROR } from './att.ts'
import type { GattAttribute, GattDatabase } from './gatt-database.ts'
import { join, u16, view } from './octets.ts'
import { AttError, type PeripheralLink } from './peripheral.ts'

interface PreparedWrite {
  readonly handle: number
  readonly offset: number
  readonly part: Buffer
}

/** What the ATT server remembers of one link. */
export interface AttSession {
  readonly database: GattDatabase
  /** Given to the device's callbacks. */
  readonly link: PeripheralLink
  mtu: number
  /** Client characteristic configurations by attribute handle. */
  cccds: Map<number, number>
  /** Value of the last Read: the Read Blobs behind it continue the same one, whatever the device measures meanwhile. */
  lastRead?: { readonly handle: number; readonly value: Buffer }
  prepared: readonly PreparedWrite[]
}

export function attributeAt(session: AttSession, handle: number): GattAttribute | undefined {
  return session.database.attributes[handle - 1]
}

/** True when the characteristic asks for encryption and the link has none. */
export function needsEncryption(session: AttSession, attribute: GattAttribute): boolean {
  return attribute.kind !== 'declaration' && attribute.characteristic.encrypted === true && !session.link.encrypted
}

/** @returns the attribute's whole value, or an ATT error code */
export function readAttribute(session: AttSession, attribute: GattAttribute): Buffer | number {
  if (attribute.kind === 'declaration') return attribute.value
  // Readable without encryption (Core, Vol 3, Part G, 3.3.3.3); noble reads it before it writes it.
  if (attribute.kind === 'cccd') return join(u16(session.cccds.get(attribute.handle) ?? 0))
  const { characteristic } = attribute
  if (!characteristic.properties.includes('read')) return ATT_ERROR.readNotPermitted
  if (needsEncryption(session, attribute)) return ATT_ERROR.insufficientAuthentication
  const { value } = characteristic
  const result = attempt(() => (typeof value === 'function' ? value() : (value ?? new Uint8Array())))
  return typeof result === 'number' ? result : view(result)
}

/** Runs a device's callback. @returns its result, or the code of the AttError it threw */
export function attempt<T>(callback: () => T): T | number {
  try {
    return callback()
  } catch (error) {
    if (error instanceof AttError) return error.code
    throw error
  }
}
