import type { PlanPreview } from '../../shapes.ts'
import { addDays, dateText, dateTimeText, weekdayOf } from '../shell/local-time.ts'

/** The slots of a preview, day by day. */

export interface CalendarDay {
  /** Local date. */
  readonly date: string
  /** Within the days that the preview is about. */
  readonly inside: boolean
  /** Local times: `08:00`. */
  readonly windows: readonly { readonly from: string; readonly to: string }[]
}

const DAYS = 28

/** @param first local date of the first day @returns whole weeks from Monday to Sunday */
export function calendarWeeks(slots: PlanPreview['slots'], first: string, zone?: string): readonly CalendarDay[][] {
  const byDate = new Map<string, CalendarDay['windows'][number][]>()
  for (const { opens, closes } of slots) {
    const date = dateText(opens, zone)
    const until = dateTimeText(closes, zone)
    const to = until === `${addDays(date, 1)}T00:00` ? '24:00' : until.slice(11)
    const window = { from: dateTimeText(opens, zone).slice(11), to }
    byDate.set(date, [...(byDate.get(date) ?? []), window])
  }
  const monday = addDays(first, -weekdayOf(first))
  // 28 days from this hour on end in the middle of a 29th.
  const last = [...byDate.keys()].reduce((a, b) => (a > b ? a : b), addDays(first, DAYS - 1))
  const weeks: CalendarDay[][] = []
  for (let start = monday; start <= last; start = addDays(start, 7)) {
    weeks.push(
      Array.from({ length: 7 }, (_, day) => {
        const date = addDays(start, day)
        return { date, inside: date >= first && date <= last, windows: byDate.get(date) ?? [] }
      }),
    )
  }
  return weeks
}
