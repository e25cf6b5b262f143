/**
 * What a virtual peripheral is: advertising data, a GATT server's attributes and a security policy. The controller runs
 * it (advertising.ts, att-server.ts, smp.ts); the devices in `simulators/devices/` only fill it in.
 */

export type CharacteristicProperty = 'read' | 'write' | 'write-without-response' | 'notify' | 'indicate'

/** ATT error codes a handler may answer with (Core, Vol 3, Part F, 3.4.1.1). */
export class AttError extends Error {
  readonly code: number
  constructor(code: number) {
    super(`ATT error 0x${code.toString(16)}`)
    this.code = code
  }
}

export interface CharacteristicDefinition {
  /** '2A35' or 32 hex digits. */
  readonly uuid: string
  readonly properties: readonly CharacteristicProperty[]
  /** Value for reads; a function is asked at each read and may throw AttError. */
  readonly value?: Uint8Array | (() => Uint8Array)
  /** Reads, writes and CCCD writes answer 0x05 until the link is encrypted. */
  readonly encrypted?: boolean
  /** Takes the whole value, long writes put together; nothing is stored besides. May throw AttError. */
  readonly onWrite?: (bytes: Uint8Array, link: PeripheralLink) => void
  /**
   * The CCCD was written; called after the write response is on its way, also when the value is the old one. Not called
   * when a bond brings the subscription back: then `notify` and `indicate` work as soon as the link is encrypted.
   */
  readonly onSubscribe?: (link: PeripheralLink, mode: 'none' | 'notify' | 'indicate') => void
}

export interface ServiceDefinition {
  readonly uuid: string
  readonly characteristics: readonly CharacteristicDefinition[]
}

export interface AdvertisingDefinition {
  readonly intervalMs: number
  readonly flags?: number
  readonly name?: string
  /** Put the name into the scan response instead of the advertisement. */
  readonly nameInScanResponse?: boolean
  readonly services?: readonly string[]
  /** Company id little-endian first. */
  readonly manufacturerData?: Uint8Array
  readonly serviceData?: Readonly<Record<string, Uint8Array>>
  readonly connectable?: boolean
}

/** none: never encrypts. just-works: pairs with anybody. bonded-once: pairs once, later only with the stored key. */
export type SecurityPolicy =
  | 'none'
  | 'just-works'
  | 'bonded-once'
  | 'refuses-pairing'
  | 'requires-passkey'
  | 'requires-secure-connections'

export interface PeripheralDefinition {
  readonly address: string
  readonly addressType: 'public' | 'random'
  readonly rssi?: number
  /** ATT MTU the server offers; default 23. */
  readonly mtu?: number
  readonly security?: SecurityPolicy
  readonly services: readonly ServiceDefinition[]
  /** Asked anew at each advertising event, so that counters in it can move. */
  readonly advertising: () => AdvertisingDefinition
  readonly onConnect?: (link: PeripheralLink) => void
  readonly onDisconnect?: (reason: number) => void
}

/** One connection, seen from the peripheral. */
export interface PeripheralLink {
  readonly encrypted: boolean
  readonly mtu: number
  /** False when nobody subscribed or the link is gone. */
  notify(characteristic: string, bytes: Uint8Array): boolean
  /** Resolves when the central confirmed; rejects when the link is gone before. */
  indicate(characteristic: string, bytes: Uint8Array): Promise<void>
  /** @param reason HCI error code as the central sees it; 0x13 = remote user terminated, 0x08 = supervision timeout */
  disconnect(reason?: number): void
}

/** A peripheral attached to a controller. */
export interface AttachedPeripheral {
  readonly definition: PeripheralDefinition
  /**
   * Advertises until `durationMs` are over, it is stopped, or a central connects. A connection ends advertising (Core,
   * Vol 6, Part B, 4.4.2); a device that wants to be found again starts it in `onDisconnect`.
   */
  startAdvertising(durationMs?: number): void
  stopAdvertising(): void
  readonly link: PeripheralLink | undefined
  /** The bond is forgotten, as after a battery change. */
  forgetBond(): void
  detach(): void
}

/** Timers and time of a simulation: the real ones, faster ones, or a test's. Never `setTimeout` directly. */
export interface SimulatedTime {
  now(): number
  setTimeout(callback: () => void, ms: number): { cancel(): void }
}
