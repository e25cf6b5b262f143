import { z } from 'zod'
import { idSchema } from '../../device-drivers/reading.ts'
import { CATEGORIES, LEVELS } from '../contract/alert.ts'
import { utcTime } from '../store/iso-time.ts'
import { TECHNICIANS } from './entitled.ts'
import { secretSchema } from './secrets.ts'
import { urlProblem } from './webhook-url.ts'

/** Who is told of which alert, when, and how: a document that a person writes, `npm run broker -- notify apply FILE`. */

/** A call that nobody has answered for a day is no longer a call; it stays in the figures. */
const MAX_AFTER_MIN = 24 * 60
const MAX_STEPS = 10
const MAX_REPEATS = 48
/** Two minutes of collecting is the most that a yellow alert may wait for others. */
const MAX_GROUP_S = 120
/** Texts go to telephones: an SMS of one part holds 160 characters, and a link is part of it. */
const MAX_ADDRESS = 200

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'use a time of day, as 08:00')
const date = z.iso.date('use a date, as 2026-01-31')
const time = z.iso
  .datetime({ offset: true, error: 'use a time with a zone, as 2026-01-31T08:00:00Z' })
  .transform(utcTime)

/** Local time from `from` to `to`; past midnight when `to` is not later than `from`. */
const windowFields = {
  days: z
    .array(z.enum(WEEKDAYS))
    .min(1)
    .default([...WEEKDAYS]),
  from: clockTime,
  to: clockTime,
  /** off: not on a public holiday. only: on public holidays of these days of the week only. */
  holidays: z.enum(['as-usual', 'off', 'only']).default('as-usual'),
}
const windowSchema = z.strictObject(windowFields)
export type Window = z.output<typeof windowSchema>

const shiftSchema = z
  .strictObject({
    ...windowFields,
    /** Several take turns, a week each. */
    people: z.array(idSchema).min(1).max(20),
    /** The first day of the first one's first week. */
    turnsFrom: date.optional(),
  })
  .refine((shift) => shift.people.length === 1 || shift.turnsFrom !== undefined, {
    path: ['turnsFrom'],
    error: 'say on which day the first of these people begins the first week',
  })
export type Shift = z.output<typeof shiftSchema>

const overrideSchema = z
  .strictObject({ from: time, to: time, person: idSchema })
  .refine((override) => override.from < override.to, { path: ['to'], error: 'must be later than from' })

const rotaSchema = z.strictObject({
  id: idSchema,
  shifts: z.array(shiftSchema).max(50),
  /** Instead of the shifts, while they last; of several the last in the list holds. */
  overrides: z.array(overrideSchema).max(200).default([]),
})
export type Rota = z.output<typeof rotaSchema>

const host = z.string().min(1).max(253)
export const channelSchema = z.discriminatedUnion('type', [
  z.strictObject({
    id: idSchema,
    type: z.literal('webhook'),
    url: z.string().superRefine((url, context) => {
      const problem = urlProblem(url)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    }),
    /** Signs what is sent and what comes back. */
    secret: secretSchema,
    /** A message without a receipt this long after it was taken counts as silent; absent: no receipts are to be had. */
    receiptWithinS: z.int().min(1).max(3_600).optional(),
  }),
  z.strictObject({
    id: idSchema,
    type: z.literal('email'),
    host,
    port: z.int().min(1).max(65_535).default(587),
    from: z.email('use an address, as precare@example.org'),
    username: z.string().min(1).optional(),
    password: secretSchema.optional(),
  }),
])
export type ChannelSettings = z.output<typeof channelSchema>

const targetSchema = z.union([z.strictObject({ rota: idSchema }), z.strictObject({ person: idSchema })])
const channelIds = z.array(idSchema).min(1).max(5)

const stepSchema = z.strictObject({
  /** Minutes after the call began. */
  afterMin: z.number().min(0).max(MAX_AFTER_MIN),
  to: targetSchema,
  channels: channelIds,
})
export type Step = z.output<typeof stepSchema>

export const ENDINGS = ['acknowledged', 'closed', 'withdrawn', 'paused'] as const

const policySchema = z
  .strictObject({
    id: idSchema,
    organisation: z.union([idSchema, z.literal(TECHNICIANS)]),
    levels: z.array(z.enum(LEVELS)).min(1),
    categories: z.array(z.enum(CATEGORIES)).min(1),
    steps: z.array(stepSchema).min(1).max(MAX_STEPS),
    /** After the last step it is taken again, until somebody answers. */
    repeat: z
      .strictObject({ everyMin: z.number().min(1).max(MAX_AFTER_MIN), times: z.int().min(1).max(MAX_REPEATS) })
      .optional(),
    /** Steps wait for these hours; never for a red one. */
    hours: z.array(windowSchema).min(1).max(14).optional(),
    /** So long an alert that is not red waits for others to the same person. */
    groupS: z.int().min(0).max(MAX_GROUP_S).default(60),
    /** Who was told is told when it ends in one of these ways. */
    allClear: z.array(z.enum(ENDINGS)).default([...ENDINGS]),
  })
  .superRefine((policy, context) => {
    const late = policy.steps.findIndex((step, i) => step.afterMin < (policy.steps[i - 1]?.afterMin ?? 0))
    if (late >= 0) {
      context.addIssue({
        code: 'custom',
        path: ['steps', late, 'afterMin'],
        message: 'must not be before the step above',
      })
    }
    if (policy.hours !== undefined && policy.levels.includes('red')) {
      context.addIssue({
        code: 'custom',
        path: ['hours'],
        message: 'a red alert waits for no hours; make two policies',
      })
    }
  })
export type Policy = z.output<typeof policySchema>

const personSchema = z.strictObject({
  id: idSchema,
  language: z.enum(['da', 'en']).default('da'),
  /** By channel. */
  addresses: z.record(idSchema, z.string().min(1).max(MAX_ADDRESS)),
})

export const notifyDocumentSchema = z.strictObject({
  /** Of rotas and hours. */
  zone: z.literal('Europe/Copenhagen').default('Europe/Copenhagen'),
  /** Where an alert is looked at; `{alert}` becomes its id. */
  page: z.url({ protocol: /^https?$/, error: 'use a URL, as https://precare.example.org/alerts/{alert}' }),
  channels: z.array(channelSchema).min(1),
  people: z.array(personSchema).min(1),
  rotas: z.array(rotaSchema).default([]),
  /** The first that fits an alert holds. */
  policies: z.array(policySchema).min(1),
  /** Told when no step leads to anybody, and in advance when that is going to be so. */
  lastResort: z
    .array(z.strictObject({ person: idSchema, channels: channelIds }))
    .min(1)
    .max(5),
  /** How far ahead a gap in a rota is looked for. */
  lookAheadH: z.int().min(24).max(336).default(72),
})
export type NotifyDocument = z.output<typeof notifyDocumentSchema>
