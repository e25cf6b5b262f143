import { z } from 'zod'
import { isQuantity, QUANTITIES, type QuantityName } from '../../device-drivers/quantities.ts'
import { KINDS } from '../../device-drivers/reading.ts'
import { orderProblem } from './limits.ts'

/**
 * Rules are data that a clinician can read. Whatever number stands here is set by a physician for a citizen; where a
 * file of this house brings one, it names its public source.
 */

/** A rule that names no horizon tells rather than keeps silent. */
export const DEFAULT_HORIZON_HOURS = 24
/** Opening or closing more often than this within 24 hours makes one unstable alert; no published figure, a physician's to set. */
export const DEFAULT_FLAPPING = 6
/** A trustworthy repeat is asked for within this time (a lone red is confirmed within 10 to 15 minutes). */
export const REPEAT_WITHIN_MIN = 15

const quantity = z
  .string()
  .refine(isQuantity, { error: `use one of ${Object.keys(QUANTITIES).join(', ')}` })
  .transform((name) => name as QuantityName)
const positive = z.number().positive()

const limitValues = z.strictObject({
  alertLow: z.number().optional(),
  warningLow: z.number().optional(),
  warningHigh: z.number().optional(),
  alertHigh: z.number().optional(),
})

const modifiers = {
  id: z.string().regex(/^[a-z0-9-]{2,60}$/, 'use 2 to 60 characters of a-z, 0-9 and hyphen'),
  title: z.string().min(1).max(120),
  /** self-test: of the synthetic citizen, whose alert must rise and clear every minute; never unstable. */
  category: z.enum(['clinical', 'self-test']).default('clinical'),
  /** Only readings of these kinds; all that have the quantity otherwise. */
  kinds: z.array(z.enum(KINDS)).min(1).optional(),
  /** So many of the newest `of` readings, or of those of the last `withinMinutes`, before it opens or rises. */
  pending: z
    .strictObject({
      count: z.int().min(2).max(10),
      of: z.int().min(2).max(10).optional(),
      withinMinutes: z
        .int()
        .min(1)
        .max(14 * 24 * 60)
        .optional(),
      /** Which levels wait; both otherwise. */
      level: z.enum(['yellow', 'red']).optional(),
    })
    .refine((p) => (p.of === undefined) !== (p.withinMinutes === undefined), {
      error: 'give either of or withinMinutes',
    })
    .refine((p) => p.of === undefined || p.of >= p.count, { error: 'must be at least count', path: ['of'] })
    .optional(),
  /** Ends when so many readings in a row are inside by this margin (in the unit of what is compared). */
  clear: z
    .strictObject({ margin: z.number().min(0).default(0), readings: z.int().min(1).max(10).default(1) })
    .default({ margin: 0, readings: 1 }),
  /** A blow counts when another within the hour was as bad: judged by the best of the session. */
  twoBlows: z.boolean().default(false),
  horizonHours: positive.max(24 * 14).default(DEFAULT_HORIZON_HOURS),
  latching: z.boolean().default(true),
  flapping: z.int().min(2).max(100).default(DEFAULT_FLAPPING),
  /** Public sources of the values. */
  sources: z.array(z.string().min(1).max(300)).optional(),
}

const limitsRule = z
  .strictObject({ ...modifiers, type: z.literal('limits'), quantity, limits: limitValues })
  .superRefine((rule, context) => {
    const problem = orderProblem(rule.limits)
    if (problem === undefined) return
    context.addIssue({
      code: 'custom',
      path: ['limits', problem.bound],
      message: `must be above ${problem.below}`,
      params: { code: 'limits-invalid' },
    })
  })

const levels = { yellow: positive.optional(), red: positive.optional() }

/** Against the citizen's own normal: a fall or rise of at least so much. */
const changeRule = z.strictObject({
  ...modifiers,
  type: z.literal('change'),
  quantity,
  direction: z.enum(['fall', 'rise']),
  measure: z.enum(['points', 'percent']),
  ...levels,
  /** normal: the last stable days. enrolment: the first two weeks, so that a slow decline is seen. */
  against: z
    .array(z.enum(['normal', 'enrolment']))
    .min(1)
    .default(['normal', 'enrolment']),
  /** So many stable days make the normal. */
  days: z.int().min(14).max(28).default(28),
  /** Beyond the normal also by so many times the usual spread (MAD times 1.4826). */
  spread: positive.optional(),
})

/** A change over days: at least so much above the lowest (or below the highest) of the last `days`. */
const gainRule = z.strictObject({
  ...modifiers,
  type: z.literal('gain'),
  quantity,
  windows: z
    .array(
      z.strictObject({
        days: z.int().min(1).max(7),
        direction: z.enum(['rise', 'fall']).default('rise'),
        ...levels,
      }),
    )
    .max(8)
    .default([]),
  /** Against the mean of the last stable days. */
  average: z.strictObject({ days: z.int().min(3).max(28), ...levels }).optional(),
})

/** NEWS2 (Royal College of Physicians, 2017). */
const scoreRule = z.strictObject({
  ...modifiers,
  type: z.literal('score'),
  score: z.literal('news2'),
  /** 2: target saturation 88-92 %, ordered by a physician. */
  scale: z.union([z.literal(1), z.literal(2)]),
  yellow: z.int().min(1).max(20).default(5),
  red: z.int().min(1).max(20).default(7),
  /** What a single parameter of 3 means. */
  single: z.enum(['yellow', 'red', 'none']).default('yellow'),
  withinMinutes: z
    .int()
    .min(1)
    .max(24 * 60)
    .default(30),
})

const answer = z
  .strictObject({
    quantity,
    above: z.number().optional(),
    below: z.number().optional(),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
  })
  .refine(
    (a) => [a.above, a.below, a.atLeast, a.atMost].filter((bound) => bound !== undefined).length === 1,
    'give exactly one of above, below, atLeast, atMost',
  )

/** Answers together with measurements: a condition holds when `count` of its parts hold (all otherwise). */
const answersRule = z.strictObject({
  ...modifiers,
  type: z.literal('answers'),
  withinHours: positive.max(72).default(24),
  conditions: z
    .array(
      z.strictObject({
        level: z.enum(['yellow', 'red']),
        of: z.array(answer).min(1).max(10),
        count: z.int().min(1).max(10).optional(),
      }),
    )
    .min(1)
    .max(20),
})

export const ruleSchema = z.discriminatedUnion('type', [limitsRule, changeRule, gainRule, scoreRule, answersRule])
export type Rule = z.output<typeof ruleSchema>
export const RULE_TYPES = ['limits', 'change', 'gain', 'score', 'answers'] as const satisfies readonly Rule['type'][]
export type LimitsRule = Extract<Rule, { type: 'limits' }>
export type ChangeRule = Extract<Rule, { type: 'change' }>
export type GainRule = Extract<Rule, { type: 'gain' }>
export type ScoreRule = Extract<Rule, { type: 'score' }>
export type AnswersRule = Extract<Rule, { type: 'answers' }>

/** What NEWS2 needs; every one of them has a quantity, so that a missing one shows. */
export const NEWS2_INPUTS = [
  'respiratoryRate',
  'oxygenSaturation',
  'oxygenFlow',
  'systolic',
  'pulseRate',
  'consciousness',
  'bodyTemperature',
] as const satisfies readonly QuantityName[]

/** Quantities that a rule looks at. */
export function quantitiesOf(rule: Rule): readonly QuantityName[] {
  if (rule.type === 'score') return NEWS2_INPUTS
  if (rule.type === 'answers') return [...new Set(rule.conditions.flatMap(({ of }) => of.map((part) => part.quantity)))]
  return [rule.quantity]
}

/** Id of the rule that a citizen's limits for a quantity are, where no template brings one: `limits-oxygen-saturation`. */
export const limitsRuleId = (name: string): string =>
  `limits-${name.replace(/[A-Z0-9]+/g, (letters) => `-${letters.toLowerCase()}`)}`
