import { z } from 'zod'
import { PreCareError } from '../../../device-drivers/errors.ts'
import { KINDS, type Kind } from '../../../device-drivers/reading.ts'
import { currentPlans } from '../../clinic/overview.ts'
import { planPreviewSchema } from '../../clinic/shapes.ts'
import { mustBeAsSeen, tagOf } from '../../http/precondition.ts'
import { type Answer, type CitizenCall, citizenRoute, DENIED, type Route } from '../../http/route.ts'
import { applyRegistry, raiseVersion } from '../../registry-apply.ts'
import { isoTime } from '../../store/iso-time.ts'
import type { Journal } from '../../store/journal.ts'
import { type PlanDraft, planDraftSchema, planSchema } from './plan.ts'
import { endPlan, plansOf, takeBackPlans } from './plan-rows.ts'
import { slotsOf } from './slots.ts'

/** A citizen's measurement plans over HTTP: what is agreed on, another agreement, and the slots that it would have. */

type Call<Body = unknown> = CitizenCall<unknown, Body>

const DAY_MS = 24 * 3_600_000
const PREVIEW_DAYS = 28
/** Who means today writes its midnight; the longest day of a year has 25 hours. */
const TODAY_MS = 25 * 3_600_000

const plansSchema = z.strictObject({ plans: z.array(planSchema) })

/** The kind in the path, when the caller may set or see it. */
function kindOf({ asked, allows }: Call): Kind | typeof DENIED {
  const kind = KINDS.find((known) => known === asked.parameters['kind'])
  if (kind === undefined) throw new PreCareError('config-invalid', `kind: use one of ${KINDS.join(', ')}`)
  return allows(kind) ? kind : DENIED
}

/** Plans that hold now or begin later, of kinds that the caller may have. */
function shown(journal: Journal, { citizen, allows }: Call, at: string): z.output<typeof plansSchema> {
  return { plans: currentPlans(plansOf(journal, citizen), at).filter(({ kind }) => allows(kind)) }
}

function answered(journal: Journal, call: Call, at: string): Answer {
  const body = shown(journal, call, at)
  return { body, etag: tagOf(body), seen: { kinds: [...new Set(body.plans.map(({ kind }) => kind))] } }
}

/** Today begins now: what should have been measured this morning is not missed after the fact. */
function beginOf({ from, to }: Pick<PlanDraft, 'from' | 'to'>, now: string): string {
  if (to !== undefined && to <= now) throw new PreCareError('config-invalid', 'to: has passed')
  if (from === undefined || from >= now) return from ?? now
  if (Date.parse(now) - Date.parse(from) <= TODAY_MS) return now
  throw new PreCareError('config-invalid', 'from: has passed; a plan begins today or later')
}

export const PLAN_ROUTES: readonly Route[] = [
  citizenRoute(
    {
      method: 'GET',
      path: '/v1/citizens/:citizen/plans',
      action: 'readings.read',
      audits: 'plans.read',
      summary: '`{plans}`: when the citizen has agreed to measure; those that hold now or begin later',
      identifies: true,
      etag: true,
      answer: plansSchema,
    },
    (call, { acting }) => answered(acting.journal, call, call.at),
  ),
  citizenRoute(
    {
      method: 'PUT',
      path: '/v1/citizens/:citizen/plans/:kind',
      action: 'plan.set',
      summary: 'another plan for a kind, from `from` (or now) on; what was to begin later is taken back',
      etag: true,
      needsMatch: true,
      body: planDraftSchema,
      answer: plansSchema,
    },
    (call, { acting: { journal, ingest } }) => {
      const kind = kindOf(call)
      if (kind === DENIED) return DENIED
      const { citizen, actor, audit, body } = call
      return ingest.act((now) => {
        mustBeAsSeen(call.seenTag, shown(journal, call, now))
        const from = beginOf(body, now)
        takeBackPlans(journal, { citizen, kind, at: now, by: actor.id, reason: body.reason }, from)
        applyRegistry(journal, { plans: [{ ...body, citizen, kind, from, author: actor.id }] })
        const period = { from, ...(body.to === undefined ? {} : { to: body.to }) }
        audit({ actor, action: 'plan.set', subject: kind, kinds: [kind], ...period, criticality: 'important' })
        return answered(journal, call, now)
      })
    },
  ),
  citizenRoute(
    {
      method: 'DELETE',
      path: '/v1/citizens/:citizen/plans/:kind',
      action: 'plan.set',
      audits: 'plan.end',
      summary: 'nothing of this kind is expected any more, from now on',
      etag: true,
      needsMatch: true,
      body: z.strictObject({ reason: z.string().trim().min(1, 'say why').max(200) }),
      answer: plansSchema,
    },
    (call, { acting: { journal, ingest } }) => {
      const kind = kindOf(call)
      if (kind === DENIED) return DENIED
      const { citizen, actor, audit, body } = call
      return ingest.act((now) => {
        mustBeAsSeen(call.seenTag, shown(journal, call, now))
        const ending = { citizen, kind, at: now, by: actor.id, reason: body.reason }
        const later = takeBackPlans(journal, ending, now)
        if (!endPlan(journal, ending) && later === 0) {
          throw new PreCareError('config-invalid', 'kind: the citizen has no plan for it')
        }
        raiseVersion(journal)
        audit({ actor, action: 'plan.end', subject: kind, kinds: [kind], criticality: 'important' })
        return answered(journal, call, now)
      })
    },
  ),
  citizenRoute(
    {
      method: 'POST',
      path: '/v1/citizens/:citizen/plans/:kind/preview',
      action: 'plan.set',
      audits: 'plan.preview',
      summary: `the slots of the next ${PREVIEW_DAYS} days under a draft; nothing is kept`,
      body: planDraftSchema,
      answer: planPreviewSchema,
    },
    (call, { acting: { clock } }) => {
      const kind = kindOf(call)
      if (kind === DENIED) return DENIED
      const now = clock.now()
      const plan = {
        ...call.body,
        citizen: call.citizen,
        kind,
        from: beginOf(call.body, isoTime(now)),
        author: 'draft',
      }
      const slots = slotsOf(plan, now, now + PREVIEW_DAYS * DAY_MS).map(({ opens, closes, due }) => {
        return { opens: isoTime(opens), closes: isoTime(closes), due: isoTime(due) }
      })
      return { body: { slots }, seen: { kinds: [kind] } }
    },
  ),
]
