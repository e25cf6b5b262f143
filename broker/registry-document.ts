import { z } from 'zod'
import { type ErrorCode, PreCareError } from '../device-drivers/errors.ts'
import { isQuantity, QUANTITIES } from '../device-drivers/quantities.ts'
import { LIMIT_NAMES, orderProblem } from './alerts/limits.ts'
import { planSchema } from './alerts/plan/plan.ts'
import { templateSchema } from './alerts/template.ts'
import { opaqueId as idSchema, period, rightsSections, documentTime as time } from './rights/rights-document.ts'

/** Limits under a misspelt name would never be compared with anything. */
const quantity = z.string().refine(isQuantity, { error: `use one of ${Object.keys(QUANTITIES).join(', ')}` })
const sentence = z.string().min(1).max(200)

const decided = { author: sentence, reason: sentence, reviewBy: time.optional() }

const limitsSchema = z
  .strictObject({
    citizen: idSchema,
    quantity,
    alertLow: z.number().optional(),
    warningLow: z.number().optional(),
    warningHigh: z.number().optional(),
    alertHigh: z.number().optional(),
    /** No limits of the citizen's own any more: what template and organisation say. */
    off: z.literal(true).optional(),
    ...period,
    ...decided,
  })
  .refine((limits) => limits.off === undefined || LIMIT_NAMES.every((name) => limits[name] === undefined), {
    path: ['off'],
    error: 'give either off or limits',
  })
  .superRefine((limits, context) => {
    const problem = orderProblem(limits)
    if (problem === undefined) return
    context.addIssue({
      code: 'custom',
      path: [problem.bound],
      message: `must be above ${problem.below}`,
      params: { code: 'limits-invalid' },
    })
  })

/** What a level changes in a rule: `set` gives values (null takes one away), `off` takes the rule away. */
const changeOfRule = {
  rule: z.string().regex(/^[a-z0-9-]{2,60}$/),
  set: z.record(z.string(), z.unknown()).optional(),
  off: z.literal(true).optional(),
  ...period,
  ...decided,
}
const eitherSetOrOff = (change: { set?: unknown; off?: unknown }): boolean =>
  (change.set === undefined) !== (change.off === undefined)

/** What the broker should know: who exists, which device is whose and when, who may see what, and which limits hold. */
const registryDocumentSchema = z.strictObject({
  ...rightsSections,
  citizens: z.array(z.strictObject({ id: idSchema })).default([]),
  hubs: z.array(z.strictObject({ id: idSchema })).default([]),
  devices: z
    .array(z.strictObject({ id: idSchema, hub: idSchema, driver: z.string().regex(/^[a-z0-9-]{2,40}$/) }))
    .default([]),
  /** Without `slot`: the whole device, whatever slot it reports. */
  assignments: z
    .array(z.strictObject({ device: idSchema, slot: z.int().min(0).max(255).optional(), citizen: idSchema, ...period }))
    .default([]),
  limits: z.array(limitsSchema).default([]),
  /** Rules for a condition, with its stages. */
  templates: z.array(templateSchema).default([]),
  /** Which template a citizen follows, at which stage, and which organisation's rules count. */
  watches: z
    .array(
      z.strictObject({
        citizen: idSchema,
        template: idSchema,
        stage: z.string().min(1).max(40).optional(),
        organisation: idSchema.optional(),
        ...period,
        ...decided,
      }),
    )
    .default([]),
  organisationRules: z
    .array(z.strictObject({ organisation: idSchema, ...changeOfRule }).refine(eitherSetOrOff, 'give either set or off'))
    .default([]),
  citizenRules: z
    .array(z.strictObject({ citizen: idSchema, ...changeOfRule }).refine(eitherSetOrOff, 'give either set or off'))
    .default([]),
  /** When citizens have agreed to measure. */
  plans: z.array(planSchema).default([]),
  /** Accounts of subscribers; made by the provisioning command, not kept in the registry. */
  clients: z.array(z.strictObject({ id: idSchema, organisation: idSchema })).default([]),
})
export type RegistryDocument = z.output<typeof registryDocumentSchema>

/** One thing to correct: where in the document, and what to write instead. */
export interface Problem {
  readonly path: string
  readonly remedy: string
  readonly code?: ErrorCode
}

/** More than this says no more to a person. */
const MAX_NAMED = 20

/** One error for all problems of a document. */
export function documentError(problems: readonly Problem[]): PreCareError {
  const named = problems.slice(0, MAX_NAMED).map(({ path, remedy }) => `${path}: ${remedy}`)
  const more = problems.length > MAX_NAMED ? [`and ${problems.length - MAX_NAMED} more`] : []
  return new PreCareError(problems[0]?.code ?? 'config-invalid', [...named, ...more].join('; '))
}

export function pathOf(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  return text.replace(/^\./, '') || 'document'
}

/** A field's name is shown only if it can be one: anything else is text that somebody pasted, perhaps of a person. */
export function unknownKeys(keys: readonly string[]): string {
  const named = keys.map((key) => (/^[a-z][A-Za-z]{0,31}$/.test(key) ? `"${key}"` : 'a field'))
  return `${named.join(', ')} is not known; remove it or correct its spelling`
}

/** @throws PreCareError 'config-invalid' or 'limits-invalid' naming every field that is wrong */
export function parseRegistryDocument(input: unknown): RegistryDocument {
  const result = registryDocumentSchema.safeParse(input)
  if (result.success) return result.data
  throw documentError(
    result.error.issues.map((issue) => {
      const limits = issue.code === 'custom' && issue.params?.['code'] === 'limits-invalid'
      const remedy = issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys) : issue.message
      return { path: pathOf(issue.path), remedy, ...(limits ? { code: 'limits-invalid' as const } : {}) }
    }),
  )
}
