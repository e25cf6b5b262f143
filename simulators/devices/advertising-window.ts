import type { SimulatedTime } from '../bluetooth/peripheral.ts'
import type { GapPeripheral } from './gap-peripheral.ts'

/** How long it advertises after a measurement; medical devices: 30 to 60 s. 'always': never stops. */
export type AdvertiseMs = number | 'always'

const ADVERTISE_MS = 30_000

/** A device that can be found for a while after each measurement. */
export interface AdvertisingWindow {
  open(): void
  /** Until the window ends, unless somebody is connected. */
  advertise(): void
}

/** @param wanted whether there is something to be found for; not asked of a device that always advertises */
export function createAdvertisingWindow(
  peripheral: GapPeripheral,
  time: SimulatedTime,
  advertiseMs: AdvertiseMs = ADVERTISE_MS,
  wanted: () => boolean = () => true,
): AdvertisingWindow {
  let until = 0
  return {
    open() {
      if (advertiseMs !== 'always') until = time.now() + advertiseMs
    },
    advertise() {
      if (peripheral.link) return
      const left = until - time.now()
      if (advertiseMs === 'always') peripheral.startAdvertising()
      else if (left > 0 && wanted()) peripheral.startAdvertising(left)
    },
  }
}
