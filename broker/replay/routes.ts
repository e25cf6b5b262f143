import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ClientIdentity } from '../access.ts'
import type { Log } from '../log.ts'
import type { AlertReplay } from './alerts.ts'
import { linesSince, NDJSON, wantsLines } from './ndjson.ts'
import { alertQuerySchema, queryAdvice, replayQuerySchema } from './query.ts'
import { MAX_PAGE, type Replay, type ReplayPage } from './replay.ts'

/** `GET /v1/readings` and `GET /v1/alerts`: pages, or lines for who asks for {@link NDJSON}. */

export interface ReplayPorts {
  readonly replay: Replay
  readonly alerts?: AlertReplay
  /** Whose request it is; undefined when it was answered already (401, 503). */
  readonly authenticated: (request: FastifyRequest, reply: FastifyReply) => Promise<ClientIdentity | undefined>
  readonly log: Log
}

const problem = (code: string, advice: string) => ({ error: { code, advice } })

/** A cursor beyond the end: it was saved from another feed, or the broker was restored from an older backup. */
const AHEAD = problem(
  'cursor-ahead',
  'The cursor is beyond the end of this feed. Check whose cursor it is; after a restore of the broker read on from newest, or again from 0.',
)

export function replayRoutes(app: FastifyInstance, { replay, alerts, authenticated, log }: ReplayPorts): void {
  interface Asked {
    readonly since: number
    readonly limit: number
  }

  function answer<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    client: ClientIdentity,
    { since, limit }: Asked,
    pageAfter: (cursor: number, limit: number) => ReplayPage<T>,
  ) {
    const first = pageAfter(since, limit)
    if (first.newest < since) return reply.code(409).send({ ...AHEAD, newest: first.newest })
    const whose = { account: client.id, organisation: client.organisation }
    void reply.header('cache-control', 'no-store')
    if (!wantsLines(request.headers.accept)) {
      log.info('feed-read', { ...whose, count: first.items.length })
      return reply.send(first)
    }
    log.info('feed-streamed', whose)
    const atMost = Object.hasOwn(request.query as object, 'limit') ? limit : undefined
    return reply.type(NDJSON).send(Readable.from(linesSince(pageAfter, since, MAX_PAGE, atMost)))
  }

  app.get('/v1/readings', async (request, reply) => {
    const client = await authenticated(request, reply)
    if (client === undefined) return reply
    const query = replayQuerySchema.safeParse(request.query)
    if (!query.success) return reply.code(400).send(problem('query-invalid', queryAdvice(query.error)))
    const { citizen, kind: kinds, from, to } = query.data
    const filter = { citizen, kinds, from, to }
    return answer(request, reply, client, query.data, (cursor, limit) =>
      replay.readings(client.organisation, cursor, limit, filter),
    )
  })

  if (alerts === undefined) return
  app.get('/v1/alerts', async (request, reply) => {
    const client = await authenticated(request, reply)
    if (client === undefined) return reply
    const query = alertQuerySchema.safeParse(request.query)
    if (!query.success) return reply.code(400).send(problem('query-invalid', queryAdvice(query.error)))
    return answer(request, reply, client, query.data, (cursor, limit) =>
      alerts.alerts(client.organisation, cursor, limit, query.data.citizen),
    )
  })
}
