import { z } from 'zod'
import { PreCareError } from '../../device-drivers/errors.ts'
import { isQuantity, QUANTITIES, type QuantityName } from '../../device-drivers/quantities.ts'
import { dryRunAnswerSchema, limitsAnswerSchema, limitValuesSchema } from '../clinic/shapes.ts'
import type { Acting } from '../http/acting.ts'
import { mustBeAsSeen, tagOf } from '../http/precondition.ts'
import { type Answer, type CitizenCall, citizenRoute, DENIED, type Route, type Said } from '../http/route.ts'
import { applyRegistry } from '../registry-apply.ts'
import { rulesInJournal } from '../rule-rows.ts'
import { utcTime } from '../store/iso-time.ts'
import type { TrialAlert } from './dry-run.ts'
import { MAX_WEEKS, tryLimits } from './limit-trial.ts'
import { LIMIT_NAMES, orderProblem } from './limits.ts'
import { kindsWith, mayHaveQuantity, shownLimits } from './shown-limits.ts'

/** A citizen's own limits over HTTP: what holds, a new version, and what a draft would have said. */

type Call<Body = unknown> = CitizenCall<unknown, Body>

const time = z.iso
  .datetime({ offset: true, error: 'use a time with a zone, as 2026-01-31T08:00:00Z' })
  .transform(utcTime)
const reason = z.string().trim().min(1, 'say why').max(200)

const draftSchema = limitValuesSchema.superRefine((limits, context) => {
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
  if (LIMIT_NAMES.every((name) => limits[name] === undefined)) {
    refuse([], 'give at least one; to go back to what the template says, delete them')
  }
  const problem = orderProblem(limits)
  if (problem !== undefined) refuse([problem.bound], `must be above ${problem.below}`)
})

/** The quantity in the path, when the caller may have it. */
function quantityOf({ asked, allows }: Call): QuantityName | typeof DENIED {
  const name = asked.parameters['quantity'] ?? ''
  if (!isQuantity(name)) {
    throw new PreCareError('config-invalid', `quantity: use one of ${Object.keys(QUANTITIES).join(', ')}`)
  }
  return mayHaveQuantity(name, allows) ? name : DENIED
}

/** A limit that no measured value can reach would never be compared with anything. */
function mustBePlausible(quantity: QuantityName, limits: z.output<typeof draftSchema>): void {
  const { range, unit } = QUANTITIES[quantity]
  const [low, high] = range
  for (const name of LIMIT_NAMES) {
    const limit = limits[name]
    if (limit === undefined || (limit >= low && limit <= high)) continue
    throw new PreCareError('limits-invalid', `limits.${name}: must be from ${low} to ${high} ${unit}`)
  }
}

function answered(journal: Acting['journal'], { citizen, allows }: Call, at: string): Answer {
  const body = shownLimits(journal, citizen, allows, at)
  const kinds = body.limits.flatMap(({ quantity }) => kindsWith(quantity as QuantityName)).filter(allows)
  return { body, etag: tagOf(body), seen: { kinds: [...new Set(kinds)] } }
}

/** The next version of the limits, written as provisioning does, and judged by from now on. */
function change(call: Call, { journal, ingest }: Acting, action: string, version: object): Said {
  const quantity = quantityOf(call)
  if (quantity === DENIED) return DENIED
  const { citizen, actor, audit, allows } = call
  return ingest.act((now) => {
    const seen = shownLimits(journal, citizen, allows, now)
    mustBeAsSeen(call.seenTag, seen)
    const own = seen.limits.some((limits) => limits.quantity === quantity && limits.own)
    if ('off' in version && !own) {
      throw new PreCareError('config-invalid', 'quantity: the citizen has no limits of their own for it')
    }
    applyRegistry(journal, { limits: [{ citizen, quantity, from: now, author: actor.id, ...version }] })
    const { sources } = rulesInJournal(journal, citizen)
    const newest = Math.max(...sources.map((source) => source.version))
    const kinds = kindsWith(quantity)
    const subject = `${quantity}/${newest}`
    audit({ actor, action, subject, criticality: 'important', ...(kinds.length === 0 ? {} : { kinds }) })
    return answered(journal, call, now)
  })
}

const withoutCitizen = (alerts: readonly TrialAlert[]) => alerts.map(({ citizen: _, ...alert }) => alert)

export const LIMITS_ROUTES: readonly Route[] = [
  citizenRoute(
    {
      method: 'GET',
      path: '/v1/citizens/:citizen/limits',
      action: 'readings.read',
      audits: 'limits.read',
      summary: 'limits that hold now, who set each of them, and quantities that are measured and have none',
      etag: true,
      answer: limitsAnswerSchema,
    },
    // Who set them and why is people's own text: nothing for research.
    (call, { acting }) => (call.pseudonym === undefined ? answered(acting.journal, call, call.at) : DENIED),
  ),
  citizenRoute(
    {
      method: 'PUT',
      path: '/v1/citizens/:citizen/limits/:quantity',
      action: 'limits.set',
      summary: "the citizen's own limits for a quantity, all four at once, from now on; `to`: until then",
      etag: true,
      needsMatch: true,
      body: z.strictObject({ limits: draftSchema, reason, reviewAt: time.optional(), to: time.optional() }),
      answer: limitsAnswerSchema,
    },
    (call, { acting }) => {
      const { limits, reviewAt, to, ...why } = call.body
      const quantity = quantityOf(call)
      if (quantity === DENIED) return DENIED
      mustBePlausible(quantity, limits)
      for (const [name, later] of Object.entries({ reviewAt, to })) {
        if (later !== undefined && later <= call.at) throw new PreCareError('config-invalid', `${name}: has passed`)
      }
      const period = { ...(to === undefined ? {} : { to }), ...(reviewAt === undefined ? {} : { reviewBy: reviewAt }) }
      return change(call, acting, 'limits.set', { ...limits, ...why, ...period })
    },
  ),
  citizenRoute(
    {
      method: 'DELETE',
      path: '/v1/citizens/:citizen/limits/:quantity',
      action: 'limits.set',
      audits: 'limits.clear',
      summary: 'no limits of their own any more: what template and organisation say holds from now on',
      etag: true,
      needsMatch: true,
      body: z.strictObject({ reason }),
      answer: limitsAnswerSchema,
    },
    (call, { acting }) => change(call, acting, 'limits.clear', { off: true, ...call.body }),
  ),
  citizenRoute(
    {
      method: 'POST',
      path: '/v1/citizens/:citizen/limits/:quantity/dry-run',
      // A nurse tries out what she then asks a physician for.
      action: 'plan.set',
      audits: 'limits.dry-run',
      summary: `what a draft would have said of the last weeks (at most ${MAX_WEEKS}); nothing is kept, nobody is called`,
      body: z.strictObject({ limits: draftSchema, weeks: z.int().min(1).max(MAX_WEEKS) }),
      answer: dryRunAnswerSchema,
    },
    (call, { acting: { journal, clock } }) => {
      const { citizen, allows, body } = call
      const quantity = quantityOf(call)
      if (quantity === DENIED) return DENIED
      mustBePlausible(quantity, body.limits)
      const kinds = kindsWith(quantity).filter(allows)
      const trial = { citizen, quantity, draft: body.limits, weeks: body.weeks, kinds, now: clock.now() }
      const { from, to, weeks, citizens } = tryLimits(journal, trial)
      const [tried] = citizens
      if (tried === undefined) throw new RangeError('one trial, one result')
      const { citizen: _, added, gone, ...counts } = tried
      const alerts = { added: withoutCitizen(added), gone: withoutCitizen(gone) }
      return { body: { from, to, weeks, ...counts, ...alerts }, seen: { kinds, from, to } }
    },
  ),
]
