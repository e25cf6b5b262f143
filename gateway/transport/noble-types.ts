import type { EventEmitter } from 'node:events'

/**
 * The parts of noble that the transport uses, typed by what 1.9.2-26 does rather than by its own declarations, which lack
 * the connect options and call every field of an advertisement present.
 */

export interface NobleAdvertisement {
  readonly localName?: string | undefined
  readonly manufacturerData?: Buffer | undefined
  readonly serviceData?: readonly { readonly uuid: string; readonly data: Buffer }[] | undefined
  readonly serviceUuids?: readonly string[] | undefined
}

/** Units of HCI LE Create Connection (Core, Vol 4, Part E, 7.8.12): 1.25 ms and 10 ms. */
export interface ConnectionParameters {
  readonly minInterval: number
  readonly maxInterval: number
  readonly latency: number
  readonly timeout: number
}

export interface NoblePeripheral extends EventEmitter {
  readonly id: string
  readonly address: string
  readonly addressType: string
  readonly connectable: boolean
  readonly advertisement: NobleAdvertisement
  readonly rssi: number
  readonly mtu: number | null
  readonly state: 'error' | 'connecting' | 'connected' | 'disconnecting' | 'disconnected'
  connect(parameters: ConnectionParameters): void
  cancelConnect(): void
  disconnect(): void
  discoverServicesAsync(uuids: readonly string[]): Promise<readonly NobleService[]>
}

interface NobleService {
  readonly uuid: string
  discoverCharacteristicsAsync(uuids: readonly string[]): Promise<readonly NobleCharacteristic[]>
}

/** Emits 'data' (value, isNotification). */
export interface NobleCharacteristic extends EventEmitter {
  readonly uuid: string
  readonly properties: readonly string[]
  readAsync(): Promise<Buffer>
  writeAsync(data: Buffer, withoutResponse: boolean): Promise<void>
  subscribeAsync(): Promise<void>
}
