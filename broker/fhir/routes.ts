import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ClientIdentity } from '../access.ts'
import type { FeedReading } from '../contract/messages.ts'
import type { Log } from '../log.ts'
import type { Replay } from '../replay/replay.ts'
import { FHIR_JSON, outcome, searchset } from './bundle.ts'
import { capabilityStatement } from './capability.ts'
import type { FhirDevices } from './devices.ts'
import { HOME_ZONE } from './local-time.ts'
import { observationOf } from './observation.ts'
import type { Observation } from './resources.ts'
import { parseObservationSearch, SearchProblem } from './search.ts'
import { FEED_CURSOR } from './systems.ts'

/** `/fhir/...`: an organisation's feed as FHIR R4, read only. */

export interface FhirPorts {
  readonly replay: Replay
  readonly devices: FhirDevices
  /** Whose request it is: nobody's, or 'busy' when that can't be found out just now. */
  readonly clientOf: (request: FastifyRequest) => Promise<ClientIdentity | 'busy' | undefined>
  readonly log: Log
}

const send = (reply: FastifyReply, resource: unknown) =>
  reply.type(FHIR_JSON).header('cache-control', 'no-store').send(JSON.stringify(resource))

const refuse = (reply: FastifyReply, status: number, code: string, diagnostics: string) =>
  send(reply.code(status), outcome(code, diagnostics))

/** As the caller wrote it, so that links lead back the same way; it only goes back to the caller. */
const baseOf = (request: FastifyRequest): string => `${request.protocol}://${request.host}/fhir`

const observationIn = (entry: FeedReading): Observation | undefined =>
  observationOf(entry, { tag: { system: FEED_CURSOR, code: String(entry.cursor) } })

export function fhirRoutes(app: FastifyInstance, { replay, devices, clientOf, log }: FhirPorts): void {
  /** Undefined when it was answered already. */
  async function authenticated(request: FastifyRequest, reply: FastifyReply): Promise<ClientIdentity | undefined> {
    const client = await clientOf(request)
    if (client === 'busy') void refuse(reply.header('retry-after', 1), 503, 'transient', 'Try again in a second.')
    else if (client !== undefined) return client
    else {
      const basic = reply.header('www-authenticate', 'Basic realm="precare"')
      void refuse(basic, 401, 'login', 'Use the account and password of a client over HTTP Basic.')
    }
    return undefined
  }

  app.get('/fhir/metadata', (request, reply) => send(reply, capabilityStatement(baseOf(request))))

  app.get<{ Querystring: Record<string, unknown> }>('/fhir/Observation', async (request, reply) => {
    const client = await authenticated(request, reply)
    if (client === undefined) return reply
    try {
      const { filter, fits, count, cursor } = parseObservationSearch(request.query, HOME_ZONE)
      const page = replay.readings(client.organisation, cursor, count, filter)
      const found = page.items.map(observationIn).filter((one) => one !== undefined && fits(one))
      log.info('fhir-read', { account: client.id, organisation: client.organisation, count: found.length })
      const query = new URL(request.url, 'http://localhost').searchParams
      const next = page.next < page.newest ? page.next : undefined
      return send(reply, searchset(found as Observation[], 'Observation', { base: baseOf(request), query }, next))
    } catch (error) {
      if (error instanceof SearchProblem) return refuse(reply, 400, 'invalid', `${error.message}.`)
      throw error
    }
  })

  app.get<{ Params: { id: string } }>('/fhir/Observation/:id', async (request, reply) => {
    const client = await authenticated(request, reply)
    if (client === undefined) return reply
    const entry = replay.reading(client.organisation, request.params.id)
    const observation = entry === undefined ? undefined : observationIn(entry)
    log.info('fhir-read', { account: client.id, organisation: client.organisation, count: observation ? 1 : 0 })
    return observation === undefined
      ? refuse(reply, 404, 'not-found', 'There is no such Observation in the feed of this organisation.')
      : send(reply, observation)
  })

  app.get<{ Querystring: Record<string, unknown> }>('/fhir/Device', async (request, reply) => {
    const client = await authenticated(request, reply)
    if (client === undefined) return reply
    const [parameter] = Object.keys(request.query)
    if (parameter !== undefined) return refuse(reply, 400, 'invalid', `${parameter}: is not supported; use none.`)
    const query = new URLSearchParams()
    return send(
      reply,
      searchset(devices.all(client.organisation), 'Device', { base: baseOf(request), query }, undefined),
    )
  })

  app.get<{ Params: { id: string } }>('/fhir/Device/:id', async (request, reply) => {
    const client = await authenticated(request, reply)
    if (client === undefined) return reply
    const device = devices.all(client.organisation).find(({ id }) => id === request.params.id)
    return device === undefined
      ? refuse(reply, 404, 'not-found', 'There is no such Device among those of this organisation.')
      : send(reply, device)
  })

  app.get('/fhir/*', (_request, reply) =>
    refuse(reply, 404, 'not-supported', 'Use /fhir/metadata, /fhir/Observation or /fhir/Device.'),
  )
}
