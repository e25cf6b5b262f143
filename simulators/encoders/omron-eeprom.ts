import { requireRange } from './byte-writer.ts'
import type { CalendarTime } from './date-time.ts'

/** A record in the memory of an Omron HBF-702T, as raw numbers; 0 is "not measured". */
export interface OmronRecordFields {
  /** 50 g */
  readonly weight: number
  /** 0.1 %, 0.1 %, 0.1 kg/m2 */
  readonly fat: number
  readonly muscle: number
  readonly bmi: number
  readonly kcal: number
  readonly time: CalendarTime
}

const LENGTH = 48

/** Places of bits: byte, lowest bit counted from the right of that byte, and how many; they run on into bytes before it. */
const PLACES = {
  fat: [3, 6, 10],
  kcal: [5, 4, 12],
  muscle: [7, 6, 10],
  year: [7, 0, 6],
  bmi: [9, 6, 10],
  minute: [9, 0, 6],
  month: [11, 0, 4],
  day: [12, 3, 5],
  hour: [13, 6, 5],
  second: [13, 0, 6],
  weight: [27, 4, 12],
} as const satisfies Record<string, readonly [number, number, number]>

export function encodeOmronRecord({ time, ...raw }: OmronRecordFields): Uint8Array {
  const out = new Uint8Array(LENGTH)
  const { month, day, hour, minute, second } = time
  const all: Record<keyof typeof PLACES, number> = { ...raw, year: time.year - 2000, month, day, hour, minute, second }
  for (const name of Object.keys(PLACES) as (keyof typeof PLACES)[]) {
    const [byte, lowest, count] = PLACES[name]
    const value = requireRange(name, all[name], 0, 2 ** count - 1)
    for (let bit = 0; bit < count; bit++) {
      const at = byte - Math.floor((lowest + bit) / 8)
      if ((value >>> bit) & 1) out[at] = (out[at] ?? 0) | (1 << ((lowest + bit) % 8))
    }
  }
  return out
}
