import { z } from 'zod'
import { idSchema } from '../../device-drivers/reading.ts'
import { utcTime } from '../store/iso-time.ts'
import { effectiveRules, type RuleSource } from './effective-rules.ts'

/**
 * A template: the rules for a condition, and what its stages change in them. Written to be read by a clinician; the
 * values in the files of this house come from public sources and must be set by a physician.
 */

const time = z.iso
  .datetime({ offset: true, error: 'use a time with a zone, as 2026-01-31T08:00:00Z' })
  .transform(utcTime)
const sentence = z.string().min(1).max(400)
const rawRule = z.record(z.string(), z.unknown())

export const templateSchema = z
  .strictObject({
    template: idSchema,
    title: sentence,
    danish: sentence.optional(),
    /** Who must look at the values before they are used. */
    note: sentence,
    from: time,
    to: time.optional(),
    author: sentence,
    reason: sentence,
    reviewBy: time.optional(),
    rules: z.array(rawRule).min(1).max(50),
    /** By name of the stage: changes by id of the rule; false takes a rule away. */
    stages: z
      .record(
        z.string().min(1).max(40),
        z.strictObject({ title: sentence, rules: z.record(z.string(), z.union([rawRule, z.literal(false)])) }),
      )
      .default({}),
  })
  .superRefine((template, context) => {
    const ids = template.rules.map(({ id }) => id)
    for (const [index, id] of ids.entries()) {
      if (ids.indexOf(id) === index) continue
      context.addIssue({ code: 'custom', path: ['rules', index, 'id'], message: 'another rule has this id already' })
    }
    for (const stage of [undefined, ...Object.keys(template.stages)]) addProblems(template, stage, context)
  })
type Template = z.output<typeof templateSchema>

function addProblems(template: Template, stage: string | undefined, context: z.RefinementCtx): void {
  const watch = { citizen: 'none', template: template.template, from: '' }
  const rules = effectiveRules('none', [stage === undefined ? watch : { ...watch, stage }], [sourceOf(template)], '')
  for (const { id, problem } of rules) {
    if (problem === undefined) continue
    const index = template.rules.findIndex((rule) => rule['id'] === id)
    const place = stage === undefined ? ['rules', index] : ['stages', stage, 'rules', id]
    context.addIssue({
      code: 'custom',
      path: [...place, ...problem.path.split('.').filter((part) => part !== '')],
      message: problem.remedy,
      ...(problem.limits ? { params: { code: 'limits-invalid' } } : {}),
    })
  }
}

/** The template as the effective rules read it, from the beginning of time. */
function sourceOf({ template, author, reason, rules, stages }: Template): RuleSource {
  return { version: 1, level: 'template', scope: template, rule: '', from: '', author, reason, body: { rules, stages } }
}
