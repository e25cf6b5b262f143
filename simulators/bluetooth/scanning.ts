import type { AdvertisingEvent } from './advertising.ts'
import { LE_EVENT, leEventPacket, STATUS } from './hci.ts'
import { addressOctets, join } from './octets.ts'

/** Event type of a scan response in an LE Advertising Report (Core, Vol 4, Part E, 7.7.65.2). */
const SCAN_RESPONSE = 0x04

/**
 * Fault of the air: true loses this packet. The scan response goes lost alone as often as with its advertisement, and a
 * host that waits for it never reports the device.
 */
export type PacketLoss = (packet: 'advertisement' | 'scan-response', address: string) => boolean

/** The scanning state (Core, Vol 6, Part B, 4.4.3), always listening: interval and window are taken but not simulated. */
export class Scanner {
  #active = false
  #enabled = false
  #filterDuplicates = false
  readonly #reported = new Set<string>()
  readonly #send: (event: Buffer) => void
  readonly #isLost: PacketLoss

  constructor(send: (event: Buffer) => void, isLost: PacketLoss = () => false) {
    this.#send = send
    this.#isLost = isLost
  }

  /** @returns status; parameters may not change while scanning (Core, Vol 4, Part E, 7.8.10) */
  configure(active: boolean): number {
    if (this.#enabled) return STATUS.disallowed
    this.#active = active
    return STATUS.success
  }

  enable(enabled: boolean, filterDuplicates: boolean): number {
    if (enabled) this.#reported.clear()
    this.#enabled = enabled
    this.#filterDuplicates = filterDuplicates
    return STATUS.success
  }

  hear(event: AdvertisingEvent): void {
    if (!this.#enabled) return
    this.#report(event, event.type, event.data)
    if (!this.#active || event.scanResponse === undefined || this.#isLost('scan-response', event.address)) return
    this.#report(event, SCAN_RESPONSE, event.scanResponse)
  }

  reset(): void {
    this.#enabled = false
    this.#active = false
    this.#reported.clear()
  }

  #report(event: AdvertisingEvent, type: number, data: Uint8Array): void {
    const key = `${event.address} ${event.addressType} ${type}`
    if (this.#filterDuplicates && this.#reported.has(key)) return
    this.#reported.add(key)
    const reports = 1
    const addressType = event.addressType === 'random' ? 0x01 : 0x00
    const address = addressOctets(event.address)
    this.#send(
      leEventPacket(
        LE_EVENT.advertisingReport,
        join(reports, type, addressType, address, data.length, data, event.rssi & 0xff),
      ),
    )
  }
}
