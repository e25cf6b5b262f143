import { holidaysOf } from '../alerts/plan/danish-holidays.ts'

/** Danish public holidays, by local date; other days off are a matter of overrides. */
export function isDanishHoliday(date: string): boolean {
  return holidaysOf(Number(date.slice(0, 4))).has(date)
}
