import { byteWriter } from './byte-writer.ts'
import { type CalendarTime, encodeDateTime } from './date-time.ts'
import { float32, type Quantity } from './numbers.ts'

/** Temperature Type 0x2A1D: where the thermometer was put. */
export const TEMPERATURE_TYPE = {
  armpit: 1,
  body: 2,
  ear: 3,
  finger: 4,
  'gastro-intestinal': 5,
  mouth: 6,
  rectum: 7,
  toe: 8,
  tympanum: 9,
} as const

/** Temperature Measurement 0x2A1C (Health Thermometer Service 1.0, 3.1). */
export interface TemperatureFields {
  readonly unit: 'Cel' | 'degF'
  readonly temperature: Quantity
  readonly time?: CalendarTime
  readonly type?: number
}

/** @param otherFlags bits that the specification reserves, which some devices set all the same */
export function encodeTemperature(f: TemperatureFields, otherFlags = 0): Uint8Array {
  const out = byteWriter()
    .u8((f.unit === 'degF' ? 0x01 : 0) | (f.time ? 0x02 : 0) | (f.type === undefined ? 0 : 0x04) | otherFlags)
    .u32(float32(f.temperature))
  if (f.time) out.raw(encodeDateTime(f.time))
  if (f.type !== undefined) out.u8(f.type)
  return out.bytes()
}
