import { z } from 'zod'
import { REFUSALS, type Refusal } from '../http/refusals.ts'
import { type Answer, citizenRoute, ownRoute, type Route } from '../http/route.ts'
import { isoTime, utcTime } from '../store/iso-time.ts'
import { overviewSchema, seriesAnswerSchema, workItemSchema, workListSchema } from './shapes.ts'
import { kindsIn } from './work-list.ts'

/** Who needs a nurse, and what changes of it. */

const refused = ({ status, code, advice }: Refusal): Answer => ({
  status,
  body: { error: { code, advice } },
})

const DAY_MS = 24 * 3600_000
const DEFAULT_DAYS = 30
/** A year and what a plot shows around it. */
const MAX_DAYS = 400
const SPAN = `Use from and to (times with a zone), at most ${MAX_DAYS} days apart, to after from.`

const time = z.iso.datetime({ offset: true }).transform(utcTime)
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
  citizenRoute(
    {
      method: 'GET',
      path: '/v1/citizens/:citizen/overview',
      action: 'readings.read',
      identifies: true,
      summary:
        'what is known of a citizen beside the series: alerts, pauses, rules, normals, plans, missed slots, devices',
      answer: overviewSchema,
    },
    async ({ caller, citizen, at }, { clinic }) => {
      if (clinic === undefined) return refused(REFUSALS.unknown)
      const overview = await clinic.overview(clinic.sight(caller, at), citizen)
      return { body: overview, seen: { subject: 'overview', kinds: overview.kinds } }
    },
  ),
  citizenRoute(
    {
      method: 'GET',
      path: '/v1/citizens/:citizen/series',
      action: 'readings.read',
      identifies: true,
      summary: `each quantity over time, as columns; from ${DEFAULT_DAYS} days ago to now, at most ${MAX_DAYS} days`,
      query: z.strictObject({ from: time.optional(), to: time.optional() }),
      queryAdvice: SPAN,
      answer: seriesAnswerSchema,
    },
    async ({ caller, citizen, at, query }, { clinic }) => {
      if (clinic === undefined) return refused(REFUSALS.unknown)
      const to = query.to ?? at
      const from = query.from ?? isoTime(Date.parse(to) - DEFAULT_DAYS * DAY_MS)
      const days = (Date.parse(to) - Date.parse(from)) / DAY_MS
      if (days <= 0 || days > MAX_DAYS) return refused({ status: 400, code: 'query-invalid', advice: SPAN })
      const kinds = clinic.sight(caller, at).kindsOf(citizen)
      const { answer, readings } = await clinic.series(citizen, kinds, from, to)
      return { body: answer, seen: { kinds: [...kinds], from, to, count: readings } }
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
