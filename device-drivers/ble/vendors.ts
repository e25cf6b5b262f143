import { xiaomiCompositionScale, xiaomiScale } from '../broadcast/xiaomi.ts'
import type { Driver } from '../driver.ts'
import { andBloodPressure, andThermometer } from './and.ts'
import { andScale } from './and-scale.ts'
import { beurerBloodPressure, silvercrestBloodPressure } from './blood-pressure-vendors.ts'
import { contourNext } from './contour.ts'
import { omronBloodPressure, omronScale } from './omron.ts'
import { polarHeartRate } from './polar.ts'
import { soehnleScale } from './soehnle.ts'

/** Vendors who stay close to a SIG service, and devices that only advertise. */
export const sigLikeVendors: readonly Driver[] = [
  andBloodPressure,
  andThermometer,
  andScale,
  omronBloodPressure,
  omronScale,
  beurerBloodPressure,
  silvercrestBloodPressure,
  polarHeartRate,
  soehnleScale,
  contourNext,
  xiaomiScale,
  xiaomiCompositionScale,
]
