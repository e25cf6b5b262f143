import { advertisingData } from './advertising-data.ts'
import type { PeripheralDefinition, SimulatedTime } from './peripheral.ts'
import type { RandomOctets } from './random.ts'

/** PDU types as an LE Advertising Report names them (Core, Vol 4, Part E, 7.7.65.2). */
const ADV_IND = 0x00
const ADV_SCAN_IND = 0x02
const ADV_NONCONN_IND = 0x03

/** advDelay: a random 0 to 10 ms on top of each interval (Core, Vol 6, Part B, 4.4.2.2.1). */
const ADV_DELAY_MAX_MS = 10

const DEFAULT_RSSI_DBM = -60

/** What is on the air at one advertising event. */
export interface AdvertisingEvent {
  readonly address: string
  readonly addressType: 'public' | 'random'
  readonly rssi: number
  readonly type: number
  readonly connectable: boolean
  readonly data: Uint8Array
  /** What a scan request is answered with; undefined: the PDU cannot be scanned. */
  readonly scanResponse: Uint8Array | undefined
}

/** @throws PreCareError config-invalid when the data do not fit */
function advertisingEvent(definition: PeripheralDefinition): AdvertisingEvent {
  const about = definition.advertising()
  const connectable = about.connectable ?? true
  const { data, scanResponse } = advertisingData(about)
  const scannable = connectable || scanResponse.length > 0
  return {
    address: definition.address.toLowerCase(),
    addressType: definition.addressType,
    rssi: definition.rssi ?? DEFAULT_RSSI_DBM,
    type: connectable ? ADV_IND : scannable ? ADV_SCAN_IND : ADV_NONCONN_IND,
    connectable,
    data,
    scanResponse: scannable ? scanResponse : undefined,
  }
}

/** The advertising state of one peripheral (Core, Vol 6, Part B, 4.4.2). */
export class Advertiser {
  readonly #definition: PeripheralDefinition
  readonly #time: SimulatedTime
  readonly #random: RandomOctets
  readonly #onAir: (event: AdvertisingEvent) => void
  #next: { cancel(): void } | undefined
  #end: { cancel(): void } | undefined

  constructor(
    definition: PeripheralDefinition,
    time: SimulatedTime,
    random: RandomOctets,
    onAir: (event: AdvertisingEvent) => void,
  ) {
    this.#definition = definition
    this.#time = time
    this.#random = random
    this.#onAir = onAir
  }

  /** @throws PreCareError config-invalid at once, not at the first event, when the data do not fit */
  start(durationMs?: number): void {
    this.stop()
    advertisingEvent(this.#definition)
    this.#next = this.#time.setTimeout(() => this.#send(), 0)
    if (durationMs !== undefined) this.#end = this.#time.setTimeout(() => this.stop(), durationMs)
  }

  stop(): void {
    this.#next?.cancel()
    this.#end?.cancel()
    this.#next = undefined
    this.#end = undefined
  }

  #send(): void {
    const [draw = 0] = this.#random(1)
    const delay = this.#definition.advertising().intervalMs + (draw / 255) * ADV_DELAY_MAX_MS
    // The next one is set before this one is heard: a connection made by it stops the advertiser.
    this.#next = this.#time.setTimeout(() => this.#send(), delay)
    this.#onAir(advertisingEvent(this.#definition))
  }
}
