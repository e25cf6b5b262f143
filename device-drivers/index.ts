import { bloodPressureService } from './ble/blood-pressure.ts'
import { heartRateService } from './ble/heart-rate.ts'
import { pulseOximeterService } from './ble/pulse-oximeter.ts'
import { thermometerService } from './ble/thermometer.ts'
import { weightScaleService } from './ble/weight-scale.ts'
import type { Advertisement, BleDriver, BroadcastDriver, Driver, SerialDriver, SerialPortInfo } from './driver.ts'
import { ieee11073 } from './ieee11073/ieee11073.ts'
import { noninSpotCheck, noninStream } from './serial/nonin.ts'

/** The registry. Order matters: the first match wins, so a vendor's driver stands before that of its SIG service. */
export const drivers: readonly Driver[] = [
  // Vendors' devices
  // Bluetooth SIG services
  bloodPressureService,
  weightScaleService,
  thermometerService,
  pulseOximeterService,
  heartRateService,
  // Serial lines
  noninSpotCheck,
  noninStream,
  ieee11073,
]

export function driverById(id: string): Driver | undefined {
  return drivers.find((driver) => driver.about.id === id)
}

/** The driver for what advertises like this: to connect with, or to read the advertisement itself. */
export function bleDriverFor(seen: Advertisement): BleDriver | BroadcastDriver | undefined {
  for (const driver of drivers) if (driver.transport !== 'serial' && driver.match(seen)) return driver
  return undefined
}

/** The driver for a port whose USB identity names its device; most serial devices are configured by path instead. */
export function serialDriverFor(port: SerialPortInfo): SerialDriver | undefined {
  for (const driver of drivers) if (driver.transport === 'serial' && driver.match(port)) return driver
  return undefined
}
