import { z } from 'zod'
import { REFUSALS } from '../http/refusals.ts'
import { type Answer, citizenRoute, ownRoute, type Route } from '../http/route.ts'
import { workItemSchema, workListSchema } from './shapes.ts'
import { kindsIn } from './work-list.ts'

/** Who needs a nurse, and what changes of it. */

const refused = ({ status, code, advice }: (typeof REFUSALS)[keyof typeof REFUSALS]): Answer => ({
  status,
  body: { error: { code, advice } },
})

const cursor = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

export const CLINIC_ROUTES: readonly Route[] = [
  ownRoute(
    {
      method: 'GET',
      path: '/v1/work-list',
      action: 'work-list.read',
      identifies: true,
      summary: 'who needs a nurse now, worst first, with why and the last values',
      answer: workListSchema,
    },
    async ({ caller, at }, { clinic }) => {
      if (clinic === undefined) return refused(REFUSALS.unknown)
      const sight = clinic.sight(caller, at)
      const list = await clinic.workLists.list(sight)
      const whom = list.items.map((item) => {
        return { citizen: item.citizen, kinds: kindsIn(item), purpose: sight.purposeOn(item.citizen) }
      })
      clinic.shown(caller, whom)
      return { body: list, seen: { count: list.items.length } }
    },
  ),
  citizenRoute(
    {
      method: 'GET',
      path: '/v1/citizens/:citizen/work-item',
      action: 'alerts.read',
      identifies: true,
      summary: 'the line of one citizen; null when there is nothing to tell',
      answer: z.strictObject({ item: workItemSchema.nullable() }),
    },
    ({ caller, citizen, at }, { clinic }) => {
      if (clinic === undefined) return refused(REFUSALS.unknown)
      const item = clinic.workLists.item(clinic.sight(caller, at), citizen)
      const seen = item === undefined ? { count: 0 } : { kinds: kindsIn(item), count: item.alerts.length }
      return { body: { item: item ?? null }, seen }
    },
  ),
  ownRoute(
    {
      method: 'GET',
      path: '/v1/changes',
      action: 'work-list.read',
      identifies: true,
      summary:
        'every change of an alert as a server-sent event `alert`, from `since` or Last-Event-ID on; `reload`: ask for the list',
      query: z.strictObject({ since: cursor.optional() }),
      queryAdvice: 'Use since (a cursor of the work list, from 0).',
      answer: 'text',
      documented: { refusals: { '429': 'Too many streams of one person, or too many requests' } },
    },
    ({ caller, query, asked, holds }, { clinic }) => {
      const last = cursor.safeParse(asked.headers['last-event-id'] || undefined)
      const after = last.success ? last.data : query.since
      const stream = clinic?.changes.open({ caller, holds }, after)
      if (stream === undefined) return refused(clinic === undefined ? REFUSALS.unknown : REFUSALS.streams)
      // A proxy that collects answers would hold an alert back (nginx: proxy_buffering).
      return {
        body: stream,
        type: 'text/event-stream',
        headers: { 'x-accel-buffering': 'no' },
        seen: { subject: 'changes' },
      }
    },
  ),
]
