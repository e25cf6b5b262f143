import type { LocalDateTime } from '../../device-drivers/driver.ts'
import { type CalendarTime, UNKNOWN_TIME } from '../encoders/date-time.ts'

/** How a device keeps time. */
export interface ClockHabits {
  /** never-set: counts from the factory's date until somebody sets it. dead: sends zeros and forgets what is set. */
  readonly state?: 'set' | 'never-set' | 'dead'
  /** Device minus wall, at the start. */
  readonly offsetMs?: number
  /** Parts per million; cheap crystals are within 100. */
  readonly driftPpm?: number
}

export interface DeviceClock {
  readonly state: 'set' | 'never-set' | 'dead'
  /** What the device believes to be local time; zeros when dead. */
  read(): LocalDateTime
  /** The time of a new record: never the same second twice, since an act of measuring takes longer than one. */
  stamp(at?: number): CalendarTime
  set(t: CalendarTime): void
  /** As after a battery change. */
  lose(): void
}

/** Where the clock of a factory-fresh device starts. */
const FACTORY_DATE_MS = Date.UTC(2015, 0, 1)
/** Seconds remembered as used; more than any memory of records holds. */
const STAMPS_REMEMBERED = 4096

/** Local wall time written as if it were UTC: devices count calendar fields and know no zone. */
function naiveLocal(epochMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(epochMs)
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((p) => p.type === type)?.value)
  const whole = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return whole + (((epochMs % 1000) + 1000) % 1000)
}

const fields = (naiveMs: number): CalendarTime => {
  const d = new Date(naiveMs)
  return {
    year: d.getUTCFullYear(),
    month: d.getUTCMonth() + 1,
    day: d.getUTCDate(),
    hour: d.getUTCHours(),
    minute: d.getUTCMinutes(),
    second: d.getUTCSeconds(),
  }
}

/** 'YYYY-MM-DDTHH:mm:ss', or undefined for a dead clock. */
export function isoLocal(t: CalendarTime): string | undefined {
  if (t.year === 0) return undefined
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${String(t.year).padStart(4, '0')}-${two(t.month)}-${two(t.day)}T${two(t.hour)}:${two(t.minute)}:${two(t.second)}`
}

/** @param wallNow epoch ms */
export function createDeviceClock(wallNow: () => number, timeZone: string, habits: ClockHabits = {}): DeviceClock {
  let state = habits.state ?? 'set'
  let startedAt = wallNow()
  // A device does not know of summer time: it goes on counting from where it was set.
  let startsWith = state === 'set' ? naiveLocal(startedAt, timeZone) + (habits.offsetMs ?? 0) : FACTORY_DATE_MS
  const drift = 1 + (habits.driftPpm ?? 0) / 1e6
  const used = new Set<number>()
  const naive = (at: number): number => startsWith + (at - startedAt) * drift

  return {
    get state() {
      return state
    },
    read() {
      if (state === 'dead') return { ...UNKNOWN_TIME, weekday: 0 as number }
      const now = naive(wallNow())
      return { ...fields(now), weekday: new Date(now).getUTCDay() || 7 }
    },
    stamp(at = wallNow()) {
      if (state === 'dead') return UNKNOWN_TIME
      let second = Math.floor(naive(at) / 1000)
      while (used.has(second)) second += 1
      used.add(second)
      for (const oldest of used) {
        if (used.size <= STAMPS_REMEMBERED) break
        used.delete(oldest)
      }
      return fields(second * 1000)
    },
    set(t) {
      if (state === 'dead') return
      state = 'set'
      startedAt = wallNow()
      startsWith = Date.UTC(t.year, t.month - 1, t.day, t.hour, t.minute, t.second)
    },
    lose() {
      if (state === 'dead') return
      state = 'never-set'
      startedAt = wallNow()
      startsWith = FACTORY_DATE_MS
    },
  }
}
