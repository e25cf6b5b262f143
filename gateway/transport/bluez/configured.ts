import type { Driver } from '../../../device-drivers/driver.ts'
import type { HubConfig } from '../../config.ts'
import type { TransportLog } from '../transport-log.ts'
import type { HubTime } from '../transport-time.ts'
import { type BluezOptions, SYSTEM_BUS } from './bluez.ts'
import { pairingWish } from './pairing.ts'

/** What the hub's configuration and its drivers say about Bluetooth through bluetoothd. */
export function bluezOptions(
  { bluetooth, devices }: Pick<HubConfig, 'bluetooth' | 'devices'>,
  drivers: readonly Driver[],
  surroundings: { readonly time: HubTime; readonly log: TransportLog; readonly systemBus: string | undefined },
): BluezOptions {
  const bonding = new Map(drivers.map(({ about }) => [about.id, about.bonding]))
  const wishes = new Map(
    devices.map(({ address, driver, options }) => [address, pairingWish(options, bonding.get(driver) ?? 'none')]),
  )
  const { time, log, systemBus } = surroundings
  return {
    bus: systemBus ?? SYSTEM_BUS,
    adapter: bluetooth.adapter,
    wishOf: (address) => wishes.get(address),
    time,
    log,
  }
}
