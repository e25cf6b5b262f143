import { byteWriter } from './byte-writer.ts'
import { type CalendarTime, encodeDateTime } from './date-time.ts'
import { type Quantity, sfloat } from './numbers.ts'

/** Measurement status bits of 0x2A5E and 0x2A5F (Pulse Oximeter Service 1.0.1, 3.1.1.6). */
export const MEASUREMENT_STATUS = {
  ongoing: 1 << 5,
  earlyEstimate: 1 << 6,
  validated: 1 << 7,
  fullyQualified: 1 << 8,
  fromStorage: 1 << 9,
  demonstration: 1 << 10,
  testing: 1 << 11,
  calibrationOngoing: 1 << 12,
  unavailable: 1 << 13,
  questionable: 1 << 14,
  invalid: 1 << 15,
} as const

/** Some of the device and sensor status bits of the same service. */
export const SENSOR_STATUS = {
  poorSignal: 1 << 4,
  lowPerfusion: 1 << 5,
  sensorUnconnected: 1 << 11,
  sensorDisplaced: 1 << 13,
} as const

interface SpO2AndPulse {
  readonly oxygenSaturation: Quantity
  readonly pulseRate: Quantity
}

interface Optional {
  readonly measurementStatus?: number
  /** 24 bits. */
  readonly deviceStatus?: number
  /** Pulse amplitude index, percent. */
  readonly amplitude?: Quantity
}

/** PLX Spot-Check Measurement 0x2A5E. */
export interface SpotCheckFields extends SpO2AndPulse, Optional {
  readonly time?: CalendarTime
  readonly clockNotSet?: boolean
}

export function encodeSpotCheck(f: SpotCheckFields): Uint8Array {
  const out = byteWriter().u8(
    (f.time ? 0x01 : 0) |
      (f.measurementStatus === undefined ? 0 : 0x02) |
      (f.deviceStatus === undefined ? 0 : 0x04) |
      (f.amplitude === undefined ? 0 : 0x08) |
      (f.clockNotSet ? 0x10 : 0),
  )
  out.u16(sfloat(f.oxygenSaturation)).u16(sfloat(f.pulseRate))
  if (f.time) out.raw(encodeDateTime(f.time))
  if (f.measurementStatus !== undefined) out.u16(f.measurementStatus)
  if (f.deviceStatus !== undefined) out.u24(f.deviceStatus)
  if (f.amplitude !== undefined) out.u16(sfloat(f.amplitude))
  return out.bytes()
}

/** PLX Continuous Measurement 0x2A5F. */
export interface ContinuousFields extends SpO2AndPulse, Optional {
  readonly fast?: SpO2AndPulse
  readonly slow?: SpO2AndPulse
}

export function encodeContinuous(f: ContinuousFields): Uint8Array {
  const out = byteWriter().u8(
    (f.fast ? 0x01 : 0) |
      (f.slow ? 0x02 : 0) |
      (f.measurementStatus === undefined ? 0 : 0x04) |
      (f.deviceStatus === undefined ? 0 : 0x08) |
      (f.amplitude === undefined ? 0 : 0x10),
  )
  for (const pair of [f, f.fast, f.slow]) {
    if (pair) out.u16(sfloat(pair.oxygenSaturation)).u16(sfloat(pair.pulseRate))
  }
  if (f.measurementStatus !== undefined) out.u16(f.measurementStatus)
  if (f.deviceStatus !== undefined) out.u24(f.deviceStatus)
  if (f.amplitude !== undefined) out.u16(sfloat(f.amplitude))
  return out.bytes()
}
