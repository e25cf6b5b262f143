import type { PeripheralLink } from '../bluetooth/peripheral.ts'

/** An ATT value at the default MTU of 23 (Core, Vol 3, Part F, 3.4.7.1). */
const ONE_NOTIFICATION = 20

/** In notifications of at most 20 bytes; nothing happens without a link. */
export function notifyInParts(link: PeripheralLink | undefined, characteristic: string, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += ONE_NOTIFICATION) {
    link?.notify(characteristic, bytes.slice(at, at + ONE_NOTIFICATION))
  }
}
