import type { ExtraDayOff } from '../../../alerts/plan/danish-holidays.ts'
import type { Plan } from '../../../alerts/plan/plan.ts'
import { addDays, dateText, isoOfText, ZONE } from '../shell/local-time.ts'

/** A plan as somebody types it, and as it is sent. What fields mean to each other is the broker's to judge (preview). */

export const WEEKDAYS = ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'] as const
export type Weekday = (typeof WEEKDAYS)[number]
export const SCHEDULES = ['daily', 'weekdays', 'every', 'as-needed'] as const
export type ScheduleType = (typeof SCHEDULES)[number]
export const HOLIDAYS = ['kept', 'skipped', 'moved'] as const
export const DAYS_OFF = ['constitution-day', 'christmas-eve', 'new-years-eve'] as const satisfies readonly ExtraDayOff[]

export interface WindowDraft {
  readonly from: string
  readonly to: string
}

export interface PhaseDraft {
  /** Tells it from its neighbours while phases come and go. */
  readonly key: number
  readonly days: string
  readonly type: ScheduleType
  readonly on: readonly Weekday[]
  readonly every: string
  readonly windows: readonly WindowDraft[]
}

export interface PlanDraft {
  /** Local dates; the last one is still in it, empty without an end. */
  readonly first: string
  readonly last: string
  readonly timeZone: string
  readonly holidays: Plan['holidays']
  readonly alsoOff: readonly ExtraDayOff[]
  readonly graceMinutes: string
  readonly unwatchedAfterHours: string
  readonly phases: readonly PhaseDraft[]
  readonly reason: string
}

/** The body of `PUT /v1/citizens/:citizen/plans/:kind`. */
export type PlanBody = Omit<Plan, 'citizen' | 'kind' | 'author'>

export type PlanProblem = 'date' | 'number' | 'time' | 'missing'

const NEW_WINDOW: WindowDraft = { from: '08:00', to: '10:00' }

export const newPhase = (key: number): PhaseDraft => ({
  key,
  days: '',
  type: 'daily',
  on: ['mo', 'we', 'fr'],
  every: '2',
  windows: [NEW_WINDOW],
})

export const nextWindow = (windows: readonly WindowDraft[]): WindowDraft =>
  windows.length === 0 ? NEW_WINDOW : { from: '', to: '' }

/** @param first local date from which the draft is to hold: a version is never changed, another follows it */
export function draftOfPlan(plan: Plan | undefined, first: string): PlanDraft {
  if (plan === undefined) {
    const common = { last: '', timeZone: ZONE, holidays: 'kept', alsoOff: [], graceMinutes: '60' } as const
    return { first, ...common, unwatchedAfterHours: '24', phases: [newPhase(0)], reason: '' }
  }
  const { timeZone, holidays, alsoOff } = plan
  return {
    first: plan.from > (isoOfText(first, timeZone) ?? '') ? dateText(plan.from, timeZone) : first,
    last: plan.to === undefined ? '' : dateText(Date.parse(plan.to) - 1, timeZone),
    timeZone,
    holidays,
    alsoOff,
    graceMinutes: String(plan.graceMinutes),
    unwatchedAfterHours: String(plan.unwatchedAfterHours),
    phases: plan.phases.map(({ days, schedule, windows }, key) => ({
      key,
      days: days === undefined ? '' : String(days),
      type: schedule.type,
      on: schedule.type === 'weekdays' ? schedule.on : ['mo', 'we', 'fr'],
      every: schedule.type === 'every' ? String(schedule.days) : '2',
      windows,
    })),
    reason: '',
  }
}

/** `8`, `8.30`, `0830` and `8:30` are all what people write. @returns `08:30`, undefined for what is no time */
export function clockTime(text: string): string | undefined {
  const [, hour = '', minute = '00'] = /^(\d{1,2})(?:[.:]?(\d{2}))?$/.exec(text.trim()) ?? []
  if (hour === '' || Number(minute) > 59 || Number(hour) * 60 + Number(minute) > 24 * 60) return undefined
  return `${hour.padStart(2, '0')}:${minute}`
}

function scheduleOf(phase: PhaseDraft, days: number): Plan['phases'][number]['schedule'] {
  if (phase.type === 'weekdays') return { type: 'weekdays', on: WEEKDAYS.filter((day) => phase.on.includes(day)) }
  return phase.type === 'every' ? { type: 'every', days } : { type: phase.type }
}

/** Problems by path of the body, and the body when there are none. */
export function readPlan(draft: PlanDraft): {
  readonly body: PlanBody | undefined
  readonly problems: Readonly<Record<string, PlanProblem>>
} {
  const problems: Record<string, PlanProblem> = {}
  const whole = (path: string, text: string): number => {
    if (!/^\d{1,5}$/.test(text.trim())) problems[path] = text.trim() === '' ? 'missing' : 'number'
    return Number(text)
  }
  const clock = (path: string, text: string): string => {
    const time = clockTime(text)
    if (time === undefined) problems[path] = text.trim() === '' ? 'missing' : 'time'
    return time ?? ''
  }
  const day = (path: string, date: string): string => {
    const at = isoOfText(date, draft.timeZone)
    if (at === undefined) problems[path] = date === '' ? 'missing' : 'date'
    return at ?? ''
  }
  const phases = draft.phases.map((phase, index): Plan['phases'][number] => {
    const path = `phases.${index}`
    const every = phase.type === 'every' ? whole(`${path}.schedule.days`, phase.every) : 0
    if (phase.type === 'weekdays' && phase.on.length === 0) problems[`${path}.schedule.on`] = 'missing'
    const windows = phase.type === 'as-needed' ? [] : phase.windows
    return {
      ...(phase.days.trim() === '' ? {} : { days: whole(`${path}.days`, phase.days) }),
      schedule: scheduleOf(phase, every),
      windows: windows.map(({ from, to }, at) => ({
        from: clock(`${path}.windows.${at}.from`, from),
        to: clock(`${path}.windows.${at}.to`, to),
      })),
    }
  })
  const body: PlanBody = {
    from: day('from', draft.first),
    ...(draft.last === '' ? {} : { to: day('to', addDays(draft.last, 1)) }),
    timeZone: draft.timeZone,
    holidays: draft.holidays,
    alsoOff: draft.holidays === 'kept' ? [] : [...draft.alsoOff],
    graceMinutes: whole('graceMinutes', draft.graceMinutes),
    unwatchedAfterHours: whole('unwatchedAfterHours', draft.unwatchedAfterHours),
    phases,
    reason: draft.reason.trim(),
  }
  return { body: Object.keys(problems).length === 0 ? body : undefined, problems }
}
