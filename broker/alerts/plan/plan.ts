import { z } from 'zod'
import { idSchema, KINDS } from '../../../device-drivers/reading.ts'
import { utcTime } from '../../store/iso-time.ts'
import { EXTRA_DAYS_OFF } from './danish-holidays.ts'

/**
 * When a citizen has agreed to measure, as data. One plan is about one kind of measurement; a version is never changed,
 * a later `from` replaces it.
 */

export const WEEKDAYS = ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'] as const

/** A nurse reads in the evening what came late in the afternoon; more than a day late is the next slot's business. */
const DEFAULT_GRACE_MINUTES = 60
const MAX_GRACE_MINUTES = 24 * 60
/** After a day without a word somebody in the clinic must know (design choice; to be signed off clinically). */
const DEFAULT_UNWATCHED_HOURS = 24
const MAX_UNWATCHED_HOURS = 7 * 24
/** Ten years: longer is written without an end. */
const MAX_PHASE_DAYS = 3653
const MAX_PHASES = 20
const MAX_WINDOWS = 12

const clockTime = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'use a local time as 08:00, at the latest 24:00')
const windowSchema = z
  .strictObject({ from: clockTime, to: clockTime })
  .refine(({ from, to }) => from < to, { path: ['to'], error: 'must be later than from; split a night at 24:00' })

/** daily; certain weekdays; every nth day from the first day of the phase; as-needed: nothing is expected. */
const scheduleSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('daily') }),
  z.strictObject({ type: z.literal('weekdays'), on: z.array(z.enum(WEEKDAYS)).min(1).max(WEEKDAYS.length) }),
  z.strictObject({ type: z.literal('every'), days: z.int().min(2).max(366) }),
  z.strictObject({ type: z.literal('as-needed') }),
])

const phaseSchema = z
  .strictObject({
    /** Local calendar days; the last phase may go on for ever. */
    days: z.int().min(1).max(MAX_PHASE_DAYS).optional(),
    schedule: scheduleSchema,
    /** Local time; each is one slot, to be filled by at least one measurement. */
    windows: z.array(windowSchema).max(MAX_WINDOWS).default([]),
  })
  .superRefine(({ schedule, windows }, context) => {
    const asNeeded = schedule.type === 'as-needed'
    if (asNeeded !== (windows.length === 0)) {
      const message = asNeeded ? 'as-needed has no windows' : 'give at least one window'
      context.addIssue({ code: 'custom', path: ['windows'], message })
    }
    for (const [index, { from }] of windows.entries()) {
      const before = windows[index - 1]
      if (before === undefined || before.to <= from) continue
      const message = `windows must follow one another: ${from} is before ${before.to}`
      context.addIssue({ code: 'custom', path: ['windows', index], message })
    }
  })

/** Names that were found to be time zones: few, and each look-up takes 0.1 ms, more than the rest of a plan (Node 24). */
const zones = new Set<string>()

function knownZone(zone: string): boolean {
  if (zones.has(zone)) return true
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
  } catch {
    return false
  }
  zones.add(zone)
  return true
}

const time = z.iso
  .datetime({ offset: true, error: 'use a time with a zone, as 2026-01-31T08:00:00Z' })
  .transform(utcTime)
const sentence = z.string().min(1).max(200)

/** What is agreed on, whoever the citizen is. */
const terms = {
  /** The first moment at which no slot begins any more. */
  to: time.optional(),
  timeZone: z
    .string()
    .refine(knownZone, { error: 'use a time zone as Europe/Copenhagen' })
    .default('Europe/Copenhagen'),
  /** What becomes of a slot on a Danish holiday; moved: to the next day from Monday to Friday that is none. */
  holidays: z.enum(['kept', 'skipped', 'moved']).default('kept'),
  alsoOff: z.array(z.enum(EXTRA_DAYS_OFF)).default([]),
  /** A measurement this long after the end of its window still counts, and only then something is missing. */
  graceMinutes: z.int().min(0).max(MAX_GRACE_MINUTES).default(DEFAULT_GRACE_MINUTES),
  /** So long after the last sure sign from the home the clinic is told that nobody is being watched. */
  unwatchedAfterHours: z.int().min(1).max(MAX_UNWATCHED_HOURS).default(DEFAULT_UNWATCHED_HOURS),
  phases: z.array(phaseSchema).min(1).max(MAX_PHASES),
}

interface Terms {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly phases: readonly z.output<typeof phaseSchema>[]
}

function fitTogether({ from, to, phases }: Terms, context: z.RefinementCtx): void {
  if (from !== undefined && to !== undefined && to <= from) {
    context.addIssue({ code: 'custom', path: ['to'], message: 'must be later than from' })
  }
  for (const [index, phase] of phases.slice(0, -1).entries()) {
    if (phase.days !== undefined) continue
    context.addIssue({
      code: 'custom',
      path: ['phases', index, 'days'],
      message: 'only the last phase may go on for ever',
    })
  }
}

export const planSchema = z
  .strictObject({
    citizen: idSchema,
    kind: z.enum(KINDS),
    from: time,
    ...terms,
    author: sentence,
    reason: sentence,
  })
  .superRefine(fitTogether)

/** As somebody proposes it for a citizen and a kind; without `from` it begins now. */
export const planDraftSchema = z
  .strictObject({ from: time.optional(), ...terms, reason: sentence })
  .superRefine(fitTogether)
export type PlanDraft = z.output<typeof planDraftSchema>

export type Plan = z.output<typeof planSchema>
export type Phase = Plan['phases'][number]
