import type { SessionEvent } from './driver.ts'
import type { PreCareError } from './errors.ts'

export type RejectedEvent = Extract<SessionEvent, { type: 'rejected' }>

/** Bytes that could not be read: counted and kept by the gateway, and the session goes on. */
export function rejected(source: string, bytes: Uint8Array, error: PreCareError): RejectedEvent {
  return { type: 'rejected', packet: { source, bytes }, reason: `${error.code}: ${error.message}` }
}
