import { DAY_MS, dateText, instantOf, type LocalTime, localOf, midnight, weekdayOf, ZONE } from '../shell/local-time.ts'
import type { Language } from '../shell/said.ts'

/** Where the time axis has its marks, and what stands at them: whole local hours, days, Mondays and months. */

export interface Tick {
  readonly at: number
  readonly label: string
}

type Step =
  | { readonly unit: 'hour'; readonly each: 1 | 3 | 6 | 12 }
  | { readonly unit: 'day'; readonly each: 1 | 2 }
  | { readonly unit: 'week'; readonly each: 1 | 2 }
  | { readonly unit: 'month'; readonly each: 1 | 2 | 3 | 6 }

const HOUR_MS = DAY_MS / 24

/** From fine to coarse, with the least time between two marks. */
const STEPS: readonly (readonly [lengthMs: number, step: Step])[] = [
  [HOUR_MS, { unit: 'hour', each: 1 }],
  [3 * HOUR_MS, { unit: 'hour', each: 3 }],
  [6 * HOUR_MS, { unit: 'hour', each: 6 }],
  [12 * HOUR_MS, { unit: 'hour', each: 12 }],
  [DAY_MS, { unit: 'day', each: 1 }],
  [2 * DAY_MS, { unit: 'day', each: 2 }],
  [7 * DAY_MS, { unit: 'week', each: 1 }],
  [14 * DAY_MS, { unit: 'week', each: 2 }],
  [28 * DAY_MS, { unit: 'month', each: 1 }],
  [59 * DAY_MS, { unit: 'month', each: 2 }],
  [89 * DAY_MS, { unit: 'month', each: 3 }],
  [180 * DAY_MS, { unit: 'month', each: 6 }],
]

function first(step: Step, from: number): LocalTime {
  const local = { ...localOf(midnight(from)), minute: 0 }
  if (step.unit === 'month') {
    return { ...local, day: 1, month: local.month - ((local.month - 1) % step.each) }
  }
  if (step.unit === 'week') return { ...local, day: local.day - weekdayOf(dateText(from)) }
  // Counted from the first of the month, so that marks do not wander while somebody zooms.
  if (step.unit === 'day') return { ...local, day: local.day - ((local.day - 1) % step.each) }
  return local
}

function next(step: Step, local: LocalTime): LocalTime {
  if (step.unit === 'month') return { ...local, month: local.month + step.each }
  if (step.unit === 'week') return { ...local, day: local.day + 7 * step.each }
  if (step.unit === 'day') return { ...local, day: local.day + step.each }
  return { ...local, hour: local.hour + step.each }
}

const LOCALES = { da: 'da-DK', en: 'en-GB' } as const
const SHAPES = {
  day: { day: 'numeric', month: 'short' },
  month: { month: 'short' },
} as const

const made = new Map<string, Intl.DateTimeFormat>()
function written(at: number, language: Language, shape: keyof typeof SHAPES): string {
  const key = `${language}/${shape}`
  let format = made.get(key)
  if (format === undefined) {
    format = new Intl.DateTimeFormat(LOCALES[language], { timeZone: ZONE, ...SHAPES[shape] })
    made.set(key, format)
  }
  return format.format(at)
}

function labelOf(at: number, { unit }: Step, language: Language): string {
  const { month, hour } = localOf(at)
  if (unit === 'month') return month === 1 ? String(localOf(at).year) : written(at, language, 'month')
  if (unit === 'hour' && hour !== 0) return `${String(hour).padStart(2, '0')}${language === 'da' ? '.' : ':'}00`
  return written(at, language, 'day')
}

/** @param most so many marks at most @returns in order, all within from..to */
export function ticksOf(from: number, to: number, most: number, language: Language): Tick[] {
  const room = (to - from) / Math.max(1, most)
  const step = STEPS.find(([length]) => length >= room)?.[1] ?? ({ unit: 'month', each: 6 } as const)
  const ticks: Tick[] = []
  for (let local = first(step, from); ; local = next(step, local)) {
    const at = instantOf(local)
    if (at > to) return ticks
    // The night in which the clocks go forward has no 02:00 of its own: it would stand at 03:00, where another is.
    const last = ticks.at(-1)
    if (at >= from && (last === undefined || at > last.at)) ticks.push({ at, label: labelOf(at, step, language) })
  }
}
