import { accuChek } from './ble/accu-chek.ts'
import { andesFitSpirometer } from './ble/andesfit-spirometer.ts'
import { beurerOximeter } from './ble/beurer-oximeter.ts'
import { bloodPressureService } from './ble/blood-pressure.ts'
import { bodyCompositionService } from './ble/body-composition.ts'
import { careSens } from './ble/caresens.ts'
import { contecOximeter } from './ble/contec-oximeter.ts'
import { contecSpirometer } from './ble/contec-spirometer.ts'
import { continuousGlucoseService } from './ble/continuous-glucose.ts'
import { glucoseService } from './ble/glucose.ts'
import { heartRateService } from './ble/heart-rate.ts'
import { jumperOximeter } from './ble/jumper-oximeter.ts'
import { noninOximeter } from './ble/nonin-oximeter.ts'
import { oneTouch } from './ble/one-touch.ts'
import { pulseOximeterService } from './ble/pulse-oximeter.ts'
import { taiDoc } from './ble/taidoc.ts'
import { thermometerService } from './ble/thermometer.ts'
import { sigLikeVendors } from './ble/vendors.ts'
import { viatomRing } from './ble/viatom-ring.ts'
import { weightScaleService } from './ble/weight-scale.ts'
import type { Advertisement, BleDriver, BroadcastDriver, Driver, SerialDriver, SerialPortInfo } from './driver.ts'
import { ieee11073 } from './ieee11073/ieee11073.ts'
import { serialLines } from './serial/drivers.ts'

/** The registry. Order matters: the first match wins, so a vendor's driver stands before that of its SIG service. */
export const drivers: readonly Driver[] = [
  // Vendors' devices
  noninOximeter,
  viatomRing,
  contecOximeter,
  beurerOximeter,
  jumperOximeter,
  andesFitSpirometer,
  contecSpirometer,
  oneTouch,
  accuChek,
  careSens,
  taiDoc,
  ...sigLikeVendors,
  // Bluetooth SIG services
  bloodPressureService,
  bodyCompositionService,
  weightScaleService,
  thermometerService,
  pulseOximeterService,
  heartRateService,
  glucoseService,
  continuousGlucoseService,
  // Serial lines
  ...serialLines,
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
