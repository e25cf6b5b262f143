import { z } from 'zod'
import type { FeedReading } from '../contract/messages.ts'
import { SEARCH_PARAMETERS } from '../documents/parameters.ts'
import { type Answer, type Asked, openRoute, ownRoute, type Route } from '../http/route.ts'
import { FHIR_JSON, outcome, searchset } from './bundle.ts'
import { capabilityStatement } from './capability.ts'
import { HOME_ZONE } from './local-time.ts'
import { observationOf } from './observation.ts'
import { parseObservationSearch, SearchProblem } from './search.ts'
import { FEED_CURSOR } from './systems.ts'

/** `/fhir/...`: an organisation's feed as FHIR R4, read only. */

/** A citizen that the caller has no name for: nothing is of nobody. */
const NOBODY = ''

const searchSchema = z.record(z.string(), z.unknown()).transform((query, context) => {
  try {
    return parseObservationSearch(query, HOME_ZONE)
  } catch (error) {
    if (!(error instanceof SearchProblem)) throw error
    context.addIssue({ code: 'custom', message: `${error.message}.` })
    return z.NEVER
  }
})

const adviceOf = (error: z.ZodError): string => error.issues.map(({ message }) => message).join(' ')

const resource = (said: unknown, more: Omit<Answer, 'body' | 'type'> = {}): Answer => ({
  ...more,
  body: JSON.stringify(said),
  type: FHIR_JSON,
})
const missing = (diagnostics: string): Answer =>
  resource(outcome('not-found', diagnostics), { status: 404, seen: { count: 0 } })

const baseOf = ({ origin }: Asked): string => `${origin}/fhir`

const observationIn = (entry: FeedReading) =>
  observationOf(entry, { tag: { system: FEED_CURSOR, code: String(entry.cursor) } })

const documented = { schemas: { 'application/fhir+json': 'fhir-resource' } } as const
const anyResource = z.looseObject({ resourceType: z.string() })
const read = { method: 'GET', action: 'feed.read', answer: anyResource } as const
const idOf = (description: string) => ({
  ...documented,
  path: { id: description },
  refusals: { '404': 'Not in this feed' },
})

export const FHIR_ROUTES: readonly Route[] = [
  openRoute(
    {
      method: 'GET',
      path: '/fhir/metadata',
      who: 'anybody',
      summary: 'CapabilityStatement',
      answer: anyResource,
      documented,
    },
    ({ asked }) => resource(capabilityStatement(baseOf(asked))),
  ),
  ownRoute(
    {
      ...read,
      path: '/fhir/Observation',
      summary: 'the feed as FHIR R4',
      query: searchSchema,
      queryAdvice: adviceOf,
      documented: { ...documented, parameters: SEARCH_PARAMETERS },
    },
    ({ asked, caller, query: { filter, fits, count, cursor }, citizenNamed }, { replay }) => {
      const known = filter.citizen === undefined ? undefined : citizenNamed(filter.citizen)
      const page = replay.readings(caller.organisation, cursor, count, {
        ...filter,
        ...(filter.citizen === undefined ? {} : { citizen: known ?? NOBODY }),
      })
      const found = page.items.flatMap((entry) => {
        const observation = observationIn(entry)
        return observation !== undefined && fits(observation) ? [{ entry, observation }] : []
      })
      const [first, last] = [found.at(0)?.entry.cursor, found.at(-1)?.entry.cursor]
      const observations = found.map(({ observation }) => observation)
      const next = page.next < page.newest ? page.next : undefined
      return resource(searchset(observations, 'Observation', { base: baseOf(asked), query: asked.search }, next), {
        seen: {
          ...(known === undefined ? {} : { citizen: known }),
          ...(filter.kinds === undefined ? {} : { kinds: filter.kinds }),
          ...(filter.from === undefined ? {} : { from: filter.from }),
          ...(filter.to === undefined ? {} : { to: filter.to }),
          ...(first === undefined || last === undefined ? {} : { cursors: [first, last] }),
          count: found.length,
        },
      })
    },
  ),
  ownRoute(
    {
      ...read,
      path: '/fhir/Observation/:id',
      summary: 'one of them; for research by search only',
      documented: idOf('The id of the reading'),
    },
    ({ asked, caller }, { replay }) => {
      const entry = replay.reading(caller.organisation, asked.parameters['id'] ?? '')
      const observation = entry === undefined ? undefined : observationIn(entry)
      if (entry === undefined || observation === undefined) {
        return missing('There is no such Observation in the feed of this organisation.')
      }
      const { citizen, cursor, reading } = entry
      return resource(observation, { seen: { citizen, kinds: [reading.kind], cursors: [cursor, cursor], count: 1 } })
    },
  ),
  ownRoute(
    {
      ...read,
      path: '/fhir/Device',
      summary: 'devices and hubs of its citizens',
      queryAdvice: 'Device is listed whole; use no parameter.',
      documented,
    },
    ({ asked, caller }, { devices }) => {
      const found = devices.all(caller.organisation)
      const place = { base: baseOf(asked), query: new URLSearchParams() }
      return resource(searchset(found, 'Device', place, undefined), {
        seen: { subject: 'devices', count: found.length },
      })
    },
  ),
  ownRoute(
    { ...read, path: '/fhir/Device/:id', summary: 'one of them', documented: idOf('phd-<device> or phg-<hub>') },
    ({ asked, caller }, { devices }) => {
      const found = devices.all(caller.organisation).find(({ id }) => id === asked.parameters['id'])
      return found === undefined
        ? missing('There is no such Device among those of this organisation.')
        : resource(found, { seen: { subject: 'devices', count: 1 } })
    },
  ),
]
