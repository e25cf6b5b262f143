import { z } from 'zod'
import { PreCareError } from '../../device-drivers/errors.ts'
import { idSchema } from '../../device-drivers/reading.ts'
import { DENIED, type OwnCall, ownRoute, type Route } from '../http/route.ts'
import type { Registry } from '../registry.ts'
import { decide } from '../rights/decide.ts'
import { MAX_LINE, MAX_LINES, openHandovers } from './handovers.ts'
import { MAX_NOTE } from './notes.ts'
import { handoverSchema, handoversSchema } from './shapes.ts'

/** One shift hands over to the next. */

const DEFAULT_SHOWN = 5
/** Two weeks of three shifts. */
const MAX_SHOWN = 42
/** A hundred lines of Danish. */
const MAX_BODY_BYTES = 128 * 1024

/** About whom the caller treats he may write, and read what was written. @returns the purpose; undefined: he may not */
function treats({ caller, at }: Pick<OwnCall<unknown, unknown>, 'caller' | 'at'>, registry: Registry) {
  return (citizen: string): string | undefined => {
    const resource = { type: 'citizen', citizen, kinds: [], grants: registry.grantsOf(citizen) } as const
    const decision = decide(caller, 'alerts.handle', resource, at)
    return decision.allow ? (decision.purpose ?? '') : undefined
  }
}

export const HANDOVER_ROUTES: readonly Route[] = [
  ownRoute(
    {
      method: 'POST',
      path: '/v1/handovers',
      action: 'work-list.read',
      audits: 'handover.write',
      identifies: true,
      summary:
        'hands over to the next shift: what to watch, in general and of citizens; the work list then is kept beside it',
      bodyBytes: MAX_BODY_BYTES,
      body: z.strictObject({
        text: z.string().trim().max(MAX_NOTE).default(''),
        citizens: z
          .array(z.strictObject({ citizen: idSchema, text: z.string().trim().min(1, 'write something').max(MAX_LINE) }))
          .max(MAX_LINES)
          .default([]),
      }),
      answer: handoverSchema,
    },
    async (call, { acting: { journal, registry, ingest }, clinic }) => {
      if (clinic === undefined) return DENIED
      const { caller, actor, audit, body, at: asked } = call
      const { organisation } = caller
      if (body.text === '' && body.citizens.length === 0) {
        throw new PreCareError('config-invalid', 'text: write something, here or of a citizen')
      }
      const { counts: open } = await clinic.workLists.list(clinic.sight(caller, asked))
      const purposeOn = treats(call, registry)
      for (const [index, { citizen }] of body.citizens.entries()) {
        if (purposeOn(citizen) !== undefined) continue
        throw new PreCareError('config-invalid', `citizens[${index}].citizen: there is no such citizen for you`)
      }
      const handovers = openHandovers(journal)
      const id = ingest.act((at) => {
        const added = handovers.add({ organisation, by: actor.id, at, open, ...body })
        audit({ actor, action: 'handover.write', subject: added, count: body.citizens.length })
        for (const citizen of new Set(body.citizens.map((line) => line.citizen))) {
          audit({ actor, action: 'handover.write', subject: added, citizen, purpose: purposeOn(citizen) ?? '' })
        }
        return added
      })
      return {
        body: handovers
          .of(organisation, MAX_SHOWN, (citizen) => purposeOn(citizen) !== undefined)
          .find((handover) => handover.id === id),
      }
    },
  ),
  ownRoute(
    {
      method: 'GET',
      path: '/v1/handovers',
      action: 'work-list.read',
      audits: 'handovers.read',
      identifies: true,
      summary: '`{items}`: the newest hand-overs, with lines about citizens whom the reader may see now',
      query: z.strictObject({ limit: z.coerce.number().int().min(1).max(MAX_SHOWN).default(DEFAULT_SHOWN) }),
      queryAdvice: `Use limit (1 to ${MAX_SHOWN}).`,
      answer: handoversSchema,
    },
    (call, { acting: { journal, registry } }) => {
      const purposeOn = treats(call, registry)
      const sees = (citizen: string) => purposeOn(citizen) !== undefined
      const items = openHandovers(journal).of(call.caller.organisation, call.query.limit, sees)
      return { body: { items }, seen: { count: items.length } }
    },
  ),
]
