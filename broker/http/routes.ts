import { z } from 'zod'
import { idSchema, KINDS, readingSchema } from '../../device-drivers/reading.ts'
import { ACTION_ROUTES } from '../alerts/action-routes.ts'
import { LIMITS_ROUTES } from '../alerts/limits-routes.ts'
import { auditRowSchema } from '../audit/read.ts'
import { FLEET_ROUTES } from '../clinic/fleet-routes.ts'
import { PAGE_ROUTES } from '../clinic/page-routes.ts'
import { CLINIC_ROUTES } from '../clinic/routes.ts'
import { TYPED_READING_ROUTES } from '../clinic/typed-reading-routes.ts'
import { openApiDocument } from '../documents/openapi.ts'
import { documentRoutes } from '../documents/routes.ts'
import { FHIR_ROUTES } from '../fhir/routes.ts'
import { renderMetrics } from '../metrics.ts'
import { RECEIPT_ROUTE } from '../notify/receipt-route.ts'
import { REPLAY_ROUTES } from '../replay/routes.ts'
import { disguiseReading } from '../rights/pseudonyms.ts'
import { utcTime } from '../store/iso-time.ts'
import { citizenRoute, openRoute, ownRoute, type Route } from './route.ts'
import { SESSION_ROUTES } from './session-routes.ts'

/** Every address of the broker. Others add their lines here. */

const DEFAULT_PAGE = 500
/** A page of 1,000 readings is 600 kB. */
const MAX_PAGE = 1_000

const whole = z.coerce.number().int()
const time = z.iso.datetime({ offset: true }).transform(utcTime)
const limit = whole.min(1).max(MAX_PAGE).default(DEFAULT_PAGE)
const fromCursor = z.strictObject({ since: whole.min(0).default(0), limit })
const cursorAdvice = `Use since (a cursor, from 0) and limit (1 to ${MAX_PAGE}).`

const BEGIN = '2000-01-01T00:00:00.000Z'
const END = '9999-12-31T23:59:59.999Z'

export const ROUTES: readonly Route[] = [
  ...SESSION_ROUTES,
  openRoute(
    {
      method: 'GET',
      path: '/healthz',
      who: 'anybody',
      summary: 'the process answers',
      answer: z.strictObject({ status: z.literal('alive') }),
    },
    () => ({ body: { status: 'alive' } }),
  ),
  openRoute(
    {
      method: 'GET',
      path: '/readyz',
      who: 'anybody',
      summary: '503 when publishing hangs, or the journal takes no writes',
      answer: z.strictObject({ status: z.literal('ready') }),
    },
    (_call, { notReady }) => {
      const reason = notReady()
      return reason === undefined
        ? { body: { status: 'ready' } }
        : { status: 503, body: { error: { code: 'not-ready', advice: reason } } }
    },
  ),
  openRoute(
    {
      method: 'GET',
      path: '/metrics',
      who: 'operator',
      summary: 'Prometheus text; ids of hubs, nothing of citizens',
      answer: 'text',
    },
    (_call, { metrics }) => ({ body: renderMetrics(metrics()), type: 'text/plain; version=0.0.4' }),
  ),
  ...REPLAY_ROUTES,
  citizenRoute(
    {
      method: 'GET',
      path: '/v1/citizens/:citizen/readings',
      action: 'readings.read',
      summary: "`{items}`: a citizen's readings by time of measuring, of the kinds that are granted",
      query: z.strictObject({
        from: time.default(BEGIN),
        to: time.default(END),
        kind: z.enum(KINDS).optional(),
        limit,
      }),
      queryAdvice: `Use from and to (times with a zone), kind and limit (1 to ${MAX_PAGE}).`,
      answer: z.strictObject({
        items: z.array(
          z.strictObject({ citizen: idSchema, hub: idSchema, storedAt: z.string(), reading: readingSchema }),
        ),
      }),
    },
    ({ citizen, query, allows, pseudonym }, { readingsOf }) => {
      const kinds = KINDS.filter((kind) => (query.kind === undefined || query.kind === kind) && allows(kind))
      const found = readingsOf(citizen, kinds, query.from, query.to, query.limit)
      const items = pseudonym === undefined ? found : found.map((entry) => disguiseReading(entry, pseudonym))
      return { body: { items }, seen: { kinds, from: query.from, to: query.to, count: items.length } }
    },
  ),
  ownRoute(
    {
      method: 'GET',
      path: '/v1/audit',
      action: 'audit.read',
      summary: '`{items}`: who saw and changed what in the own organisation, from position `since` on',
      query: fromCursor,
      queryAdvice: cursorAdvice,
      answer: z.strictObject({ items: z.array(auditRowSchema) }),
    },
    ({ caller, query, pseudonym }, { auditOf }) => {
      const found = auditOf(caller.organisation, query.since, query.limit)
      const items =
        pseudonym === undefined
          ? found
          : // The subject may be an id that is known elsewhere, as an alert's.
            found.map(({ subject: _, citizen, ...row }) => ({
              ...row,
              ...(citizen === undefined ? {} : { citizen: pseudonym('citizen', citizen) }),
            }))
      return { body: { items }, seen: { count: items.length } }
    },
  ),
  ...CLINIC_ROUTES,
  ...FLEET_ROUTES,
  ...ACTION_ROUTES,
  ...LIMITS_ROUTES,
  ...TYPED_READING_ROUTES,
  ...FHIR_ROUTES,
  ...documentRoutes(() => openApiDocument(ROUTES)),
  RECEIPT_ROUTE,
  ...PAGE_ROUTES,
]
