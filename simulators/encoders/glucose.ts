import { byteWriter, requireRange } from './byte-writer.ts'
import { type CalendarTime, encodeDateTime } from './date-time.ts'
import { type Quantity, sfloat } from './numbers.ts'

/** Glucose Measurement 0x2A18 (Glucose Service 1.0.1, 3.1). */
export interface GlucoseFields {
  readonly sequence: number
  readonly baseTime: CalendarTime
  /** Minutes from base time to the time the user sees; 'overrun' and 'underrun' when they do not fit. */
  readonly timeOffset?: number | 'overrun' | 'underrun'
  readonly concentration?: {
    readonly unit: 'mg/dL' | 'mmol/L'
    /** In `unit`. */
    readonly value: Quantity
    /** 1 capillary whole blood ... 10 control solution. */
    readonly type: number
    /** 1 finger, 2 alternate site, 3 earlobe, 4 control solution, 15 not available. */
    readonly location: number
  }
  readonly status?: number
  readonly contextFollows?: boolean
}

/** Bits of Sensor Status Annunciation. */
export const GLUCOSE_STATUS = {
  batteryLow: 1 << 0,
  sensorFault: 1 << 1,
  sampleInsufficient: 1 << 2,
  stripInsertion: 1 << 3,
  resultTooHigh: 1 << 5,
  resultTooLow: 1 << 6,
  temperatureTooHigh: 1 << 7,
  timeFault: 1 << 11,
} as const

const OFFSETS = { overrun: 0x7fff, underrun: 0x8000 } as const

/** On the wire are kg/L and mol/L: the same digits, so many powers of ten lower. */
const POWER = { 'mg/dL': -5, 'mmol/L': -3 } as const

function onWire(value: Quantity, unit: 'mg/dL' | 'mmol/L'): number {
  if (typeof value === 'string') return sfloat(value)
  const { value: number, decimals } = typeof value === 'number' ? { value, decimals: shown(value) } : value
  const mantissa = Math.round(Number(`${number}e${decimals}`))
  requireRange('concentration', mantissa, 0, 0x7fd)
  return (((POWER[unit] - decimals) & 0xf) << 12) | mantissa
}

const shown = (value: number): number => (String(value).split('.')[1] ?? '').length

export function encodeGlucose(f: GlucoseFields): Uint8Array {
  const { concentration, timeOffset, status } = f
  const out = byteWriter()
    .u8(
      (timeOffset === undefined ? 0 : 0x01) |
        (concentration ? 0x02 : 0) |
        (concentration?.unit === 'mmol/L' ? 0x04 : 0) |
        (status === undefined ? 0 : 0x08) |
        (f.contextFollows ? 0x10 : 0),
    )
    .u16(f.sequence)
    .raw(encodeDateTime(f.baseTime))
  if (timeOffset !== undefined) {
    out.u16(typeof timeOffset === 'string' ? OFFSETS[timeOffset] : timeOffset & 0xffff)
  }
  if (concentration) {
    out.u16(onWire(concentration.value, concentration.unit)).u8((concentration.location << 4) | concentration.type)
  }
  if (status !== undefined) out.u16(status)
  return out.bytes()
}

/** Glucose Measurement Context 0x2A34 (3.2). */
export interface GlucoseContextFields {
  readonly sequence: number
  readonly extended?: number
  /** Kilograms. */
  readonly carbohydrate?: { readonly id: number; readonly kg: Quantity }
  /** 1 before meal, 2 after meal, 3 fasting, 4 casual, 5 bedtime; i-SENS: 6 ketone. */
  readonly meal?: number
  readonly tester?: number
  readonly health?: number
  readonly exercise?: { readonly seconds: number; readonly intensity: number }
  readonly medication?: { readonly id: number; readonly amount: Quantity; readonly unit: 'kg' | 'L' }
  /** Percent. */
  readonly hba1c?: Quantity
}

export function encodeGlucoseContext(f: GlucoseContextFields): Uint8Array {
  const tested = f.tester !== undefined || f.health !== undefined
  const out = byteWriter()
    .u8(
      (f.carbohydrate ? 0x01 : 0) |
        (f.meal === undefined ? 0 : 0x02) |
        (tested ? 0x04 : 0) |
        (f.exercise ? 0x08 : 0) |
        (f.medication ? 0x10 : 0) |
        (f.medication?.unit === 'L' ? 0x20 : 0) |
        (f.hba1c === undefined ? 0 : 0x40) |
        (f.extended === undefined ? 0 : 0x80),
    )
    .u16(f.sequence)
  if (f.extended !== undefined) out.u8(f.extended)
  if (f.carbohydrate) out.u8(f.carbohydrate.id).u16(sfloat(f.carbohydrate.kg))
  if (f.meal !== undefined) out.u8(f.meal)
  if (tested) out.u8(((f.health ?? 15) << 4) | (f.tester ?? 15))
  if (f.exercise) out.u16(f.exercise.seconds).u8(f.exercise.intensity)
  if (f.medication) out.u8(f.medication.id).u16(sfloat(f.medication.amount))
  if (f.hba1c !== undefined) out.u16(sfloat(f.hba1c))
  return out.bytes()
}
