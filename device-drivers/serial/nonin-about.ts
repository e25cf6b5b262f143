import type { Declaration, SessionEvent } from '../driver.ts'
import { decodeSerialNumber } from './nonin-decode.ts'

/** What Nonin's drivers have in common. */

export const NONIN_SETTINGS = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const

export const NONIN_ABOUT = {
  vendor: 'Nonin',
  kinds: ['oxygen-saturation'],
  unitRule: 'fixed',
  specialValues: 'pulse 511 and SpO2 127 are missing',
  userSlots: 'none',
  bonding: 'none',
} as const satisfies Partial<Declaration>

export function identityOf(frame: Uint8Array): SessionEvent {
  const serial = decodeSerialNumber(frame).fields.find((field) => field.name === 'Serial Number')?.value
  return { type: 'identity', manufacturer: 'Nonin', serial: String(serial) }
}
