import type { Kind } from '../../device-drivers/reading.ts'
import { toHex } from '../encoders/byte-writer.ts'
import type { CalendarTime } from '../encoders/date-time.ts'
import { emissions, putOn, type SerialDevice, type Surroundings, type Values, type Worn } from './device.ts'
import { type ClockHabits, createDeviceClock } from './device-clock.ts'

/** A device on a serial line that sends what it sees for as long as it is on: nothing is kept. */
export interface LineStreamOptions {
  readonly id: string
  readonly clock?: ClockHabits
  /** How long it is worn after `measure`. */
  readonly wornMs?: number
  /** How long its values are not to be trusted yet. */
  readonly settlesMs?: number
}

export interface LineStreamSpec {
  readonly kind: Kind
  readonly source: string
  readonly baudRate: number
  readonly everyMs: number
  /** Packets sent together each time, as a converter hands over a fast stream. */
  readonly burst: number
  /** @param values undefined: nobody there */
  encode(values: Values | undefined, settled: boolean, now: CalendarTime): Uint8Array
  /** Goes out behind each packet and is no part of it. */
  readonly end?: Uint8Array
  /** Only for so long after a command of the host; absent: it streams by itself. */
  readonly patienceMs?: number
  /** What the host's bytes ask for. */
  command?(bytes: Uint8Array): 'start' | 'stay' | undefined
}

const WORN_MS = 20_000
const SETTLES_MS = 3_000

export function createLineStream(spec: LineStreamSpec, options: LineStreamOptions, around: Surroundings): SerialDevice {
  const clock = createDeviceClock(around.wallNow, around.timeZone, options.clock)
  const made = emissions(around)
  let send: ((bytes: Uint8Array) => void) | undefined
  let worn: Worn | undefined
  let ticking: { cancel(): void } | undefined
  /** So often it sends yet until it stops by itself: by its own ticks, for a process that stands still holds up the host as well. */
  const patience = spec.patienceMs === undefined ? Number.POSITIVE_INFINITY : Math.ceil(spec.patienceMs / spec.everyMs)
  let left = spec.patienceMs === undefined ? patience : 0
  let episode = 0

  const tick = (): void => {
    const now = around.time.now()
    if (worn && now >= worn.until) worn = undefined
    if (send && left > 0) {
      left -= 1
      const settled = worn !== undefined && now >= worn.since + (options.settlesMs ?? SETTLES_MS)
      const packet = spec.encode(worn?.values, settled, clock.read())
      const whole = Uint8Array.of(...packet, ...(spec.end ?? []))
      send(Uint8Array.from(Array.from({ length: spec.burst }, () => [...whole]).flat()))
    }
    ticking = send ? around.time.setTimeout(tick, spec.everyMs) : undefined
  }

  return {
    id: options.id,
    baudRate: spec.baudRate,
    emitted: made.list,
    connect(opened) {
      send = opened
      ticking ??= around.time.setTimeout(tick, 0)
      return {
        receive(bytes) {
          const asked = spec.command?.(bytes)
          if (asked === 'start' || (asked === 'stay' && left > 0)) left = patience
        },
        close() {
          if (send !== opened) return
          send = undefined
          if (spec.patienceMs !== undefined) left = 0
        },
      }
    },
    measure(values, act = {}) {
      worn = putOn(worn, values, around.time.now(), options.wornMs ?? WORN_MS)
      const hex = toHex(spec.encode(values, true, clock.read()))
      episode += 1
      return made.add({
        key: `${options.id}/${hex}/${episode}`,
        device: options.id,
        kind: spec.kind,
        source: spec.source,
        hex,
        values,
        at: act.at ?? around.wallNow(),
        delivery: 'live',
      })
    },
    changeBattery() {
      clock.lose()
    },
    close() {
      ticking?.cancel()
      send = worn = undefined
    },
  }
}
