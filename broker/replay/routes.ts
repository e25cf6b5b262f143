import { Readable } from 'node:stream'
import { alertPageSchema, readingPageSchema } from '../contract/replay.ts'
import type { SchemaName } from '../contract/schemas.ts'
import { ALERT_PARAMETERS, REPLAY_PARAMETERS } from '../documents/parameters.ts'
import { REFUSALS } from '../http/refusals.ts'
import { type Answer, type OwnCall, ownRoute, type Route, type Seen } from '../http/route.ts'
import { linesSince, NDJSON, wantsLines } from './ndjson.ts'
import { alertQuerySchema, queryAdvice, replayQuerySchema } from './query.ts'
import { MAX_PAGE, type ReplayPage } from './replay.ts'

/** `GET /v1/readings` and `GET /v1/alerts`: pages, or lines for who asks for {@link NDJSON}. */

/** A cursor beyond the end: it was saved from another feed, or the broker was restored from an older backup. */
const AHEAD = {
  code: 'cursor-ahead',
  advice:
    'The cursor is beyond the end of this feed. Check whose cursor it is; after a restore of the broker read on from newest, or again from 0.',
}

/** A citizen that the caller has no name for: nothing is of nobody. */
const NOBODY = ''

interface Paged {
  readonly since: number
  readonly limit: number
}

/**
 * Lines go on until the feed's present end, so the audit row that is written before them says all that may be in them.
 * @param seen of the query, without count
 */
function answer<T extends { readonly cursor: number }>(
  { asked, query: { since, limit } }: Pick<OwnCall<Paged, unknown>, 'asked' | 'query'>,
  seen: Seen,
  pageAfter: (cursor: number, limit: number) => ReplayPage<T>,
): Answer {
  const page = pageAfter(since, limit)
  const { newest, items } = page
  if (newest < since) return { status: 409, body: { error: AHEAD, newest }, seen: { ...seen, count: 0 } }
  if (wantsLines(asked.headers.accept)) {
    const atMost = asked.search.has('limit') ? limit : undefined
    const body = Readable.from(linesSince(pageAfter, since, MAX_PAGE, atMost))
    return { body, type: NDJSON, seen: { ...seen, ...(newest > since ? { cursors: [since + 1, newest] } : {}) } }
  }
  const [first, last] = [items.at(0)?.cursor, items.at(-1)?.cursor]
  const cursors = first === undefined || last === undefined ? {} : { cursors: [first, last] as const }
  return { body: page, seen: { ...seen, ...cursors, count: items.length } }
}

const documented = (page: SchemaName, line: SchemaName) => ({
  schemas: { 'application/json': page, [NDJSON]: line },
  refusals: {
    '409': 'The cursor is beyond the end of this feed: not its own, or the broker was restored from a backup',
  },
})

const aboutOne = (citizen: string | undefined): Seen => (citizen === undefined ? {} : { citizen })

export const REPLAY_ROUTES: readonly Route[] = [
  ownRoute(
    {
      method: 'GET',
      path: '/v1/readings',
      action: 'feed.read',
      summary: "`{items, next, withheld, newest}` of the own organisation's feed from a cursor; or lines",
      query: replayQuerySchema,
      queryAdvice,
      answer: readingPageSchema,
      documented: { ...documented('reading-page', 'feed-reading'), parameters: REPLAY_PARAMETERS },
    },
    (call, { replay }) => {
      const { citizen: named, kind: kinds, from, to } = call.query
      const known = named === undefined ? undefined : call.citizenNamed(named)
      const filter = { citizen: named === undefined ? undefined : (known ?? NOBODY), kinds, from, to }
      const seen: Seen = {
        ...aboutOne(known),
        ...(kinds === undefined ? {} : { kinds }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      }
      return answer(call, seen, (cursor, limit) => replay.readings(call.caller.organisation, cursor, limit, filter))
    },
  ),
  ownRoute(
    {
      method: 'GET',
      path: '/v1/alerts',
      action: 'feed.read',
      summary: 'the same of every change of every alert',
      query: alertQuerySchema,
      queryAdvice,
      answer: alertPageSchema,
      documented: { ...documented('alert-page', 'alert-entry'), parameters: ALERT_PARAMETERS },
    },
    (call, { alerts }) => {
      const { status, code, advice } = REFUSALS.unknown
      if (alerts === undefined) return { status, body: { error: { code, advice } }, seen: { count: 0 } }
      const named = call.query.citizen
      const known = named === undefined ? undefined : call.citizenNamed(named)
      const wanted = named === undefined ? undefined : (known ?? NOBODY)
      const said = answer(call, { subject: 'alerts', ...aboutOne(known) }, (cursor, limit) =>
        alerts.alerts(call.caller.organisation, cursor, limit, wanted),
      )
      // The cursors of alerts are not those of the feed, by which a citizen's extract counts readings.
      const { cursors: _, ...seen } = said.seen ?? {}
      return { ...said, seen }
    },
  ),
]
