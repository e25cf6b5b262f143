import type { LocalDateTime } from '../device-drivers/driver.ts'

/**
 * Local wall time and UTC, in an IANA zone. Device times are local without zone (Bluetooth SIG 0x2A08, IEEE 11073
 * AbsoluteTime), so twice a year a device time names no instant, or two. "Naive" ms are the local fields read as if they
 * were UTC: a clock that knows no daylight saving counts in them without jumps.
 */

const DAY_MS = 86_400_000
const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/

/** 'YYYY-MM-DDTHH:mm:ss' as naive ms; undefined for a date that does not exist (31 February). */
export function naiveMs(local: string): number | undefined {
  if (!LOCAL.test(local)) return undefined
  const ms = Date.parse(`${local}Z`)
  return Number.isNaN(ms) || !utcText(ms).startsWith(local) ? undefined : ms
}

/** ISO 8601 in UTC with milliseconds, as readings carry it. */
export function utcText(ms: number): string {
  return new Date(ms).toISOString()
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making a format takes some twenty times as long as using it (80 us, Node 24). */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(zone, format)
  }
  return format
}

/** True for a zone that this machine's time-zone data knows. */
export function isTimeZone(zone: string): boolean {
  try {
    return formatOf(zone).resolvedOptions().timeZone.length > 0
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function naiveAt(utcMs: number, zone: string): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(utcMs)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((utcMs % 1000) + 1000) % 1000)
}

/** Local fields at an instant, for setting the clock of a device. */
export function localAt(utcMs: number, zone: string): LocalDateTime {
  const naive = naiveAt(utcMs, zone)
  const local = new Date(naive)
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    weekday: local.getUTCDay() === 0 ? 7 : local.getUTCDay(),
    utcOffsetMinutes: Math.round((naive - utcMs) / 60_000),
  }
}

/**
 * The instants that a local time may mean, earliest first: one as a rule, two in the hour that autumn repeats. In the
 * hour that spring skips, a clock that was not put forward goes on in winter time: that instant.
 */
export function instantsOf(naive: number, zone: string): readonly [number, ...number[]] {
  // No zone changes its offset twice within two days, so the offsets a day before and after are all there can be.
  const before = naiveAt(naive - DAY_MS, zone) - (naive - DAY_MS)
  const after = naiveAt(naive + DAY_MS, zone) - (naive + DAY_MS)
  const [first, ...others] = [...new Set([naive - before, naive - after])]
    .filter((utc) => naiveAt(utc, zone) === naive)
    .sort((a, b) => a - b)
  return first === undefined ? [naive - before] : [first, ...others]
}
