import { toHex } from '../encoders/byte-writer.ts'
import type { CalendarTime } from '../encoders/date-time.ts'
import { type EmittedReading, emissions, need, type Surroundings, type Values } from './device.ts'
import { type ClockHabits, createDeviceClock, type DeviceClock, isoLocal } from './device-clock.ts'

/** What a glucose meter on a cable remembers. */
export interface MeterOptions {
  readonly id: string
  readonly serial?: string
  readonly capacity?: number
  readonly clock?: ClockHabits
  /** Measured with control solution. */
  readonly controlSolution?: boolean
  /** The meter hands out its records in this order. */
  readonly order?: 'newest-first' | 'shuffled'
}

export interface MeterMemory {
  readonly clock: DeviceClock
  readonly emitted: readonly EmittedReading[]
  /** In the order in which the meter hands them out; drawn anew each time when it is shuffled. */
  records(): readonly Uint8Array[]
  readonly size: number
  measure(values: Values, at: number | undefined): EmittedReading
}

/** @param encode a record; glucose in mg/dL */
export function createMeterMemory(
  options: MeterOptions & { readonly source: string; readonly mostRecords: number },
  encode: (time: CalendarTime, glucose: number) => Uint8Array,
  around: Surroundings,
): MeterMemory {
  const clock = createDeviceClock(around.wallNow, around.timeZone, options.clock)
  const made = emissions(around)
  let kept: { readonly key: string; readonly bytes: Uint8Array }[] = []
  return {
    clock,
    emitted: made.list,
    get size() {
      return kept.length
    },
    records() {
      const order = kept.map(({ bytes }, i) => ({ bytes, place: options.order === 'shuffled' ? around.random() : -i }))
      return order.sort((a, b) => a.place - b.place).map(({ bytes }) => bytes)
    },
    measure(values, measuredAt) {
      const at = measuredAt ?? around.wallNow()
      const time = clock.stamp(at)
      const bytes = encode(time, Math.round(need(values, 'glucose', options.id)))
      const hex = toHex(bytes)
      const deviceTime = isoLocal(time)
      const reading = made.add({
        key: `${options.id}/${hex}`,
        device: options.id,
        kind: 'glucose',
        source: options.source,
        hex,
        values,
        at,
        ...(deviceTime === undefined ? {} : { deviceTime }),
        delivery: 'kept',
      })
      kept.push({ key: reading.key, bytes })
      const [oldest] = kept
      if (oldest && kept.length > (options.capacity ?? options.mostRecords)) {
        kept = kept.slice(1)
        around.onForgotten?.(oldest.key)
      }
      return reading
    },
  }
}
