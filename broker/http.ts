import { createHash, timingSafeEqual } from 'node:crypto'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { isPreCareError, messageOf, PreCareError } from '../device-drivers/errors.ts'
import type { ClientIdentity } from './access.ts'
import type { Accounts } from './accounts.ts'
import { isLoopback } from './address.ts'
import { documentRoutes } from './documents/routes.ts'
import { type FhirPorts, fhirRoutes } from './fhir/routes.ts'
import { TLS_PROFILE } from './identity/server-certificate.ts'
import type { Log } from './log.ts'
import { type Metric, renderMetrics } from './metrics.ts'
import type { TlsIdentity } from './mqtt-listen.ts'
import type { AlertReplay } from './replay/alerts.ts'
import { type ReplayPorts, replayRoutes } from './replay/routes.ts'

/** The broker over HTTP: is it alive, what does it count, and what did a subscriber miss. Anything else is 404. */

/** From one address; a subscriber that catches up reads 1,000 readings with each. */
const REQUESTS_PER_MINUTE = 300
/** A page of 1,000 readings of 600 bytes is written in far less. */
const REQUEST_TIMEOUT_MS = 10_000
/** No request has a body. */
const MAX_BODY_BYTES = 1024

export interface HttpPorts {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly accounts: Accounts
  readonly replay: ReplayPorts['replay']
  readonly alerts?: AlertReplay
  readonly devices: FhirPorts['devices']
  /** Why the broker should get no traffic now; undefined when it should. */
  readonly notReady: () => string | undefined
  readonly metrics: () => readonly Metric[]
  /** Lets a Prometheus on another machine read the metrics; without it only this machine may. */
  readonly metricsToken?: string
  /** Hangs in the routes of other parts. */
  readonly routes?: (app: FastifyInstance) => void
  /** HTTPS when the address is not this machine's own. */
  readonly tls?: TlsIdentity
  readonly log: Log
}

export interface HttpServer {
  readonly url: string
  /** New connections get this certificate. */
  changeIdentity(identity: TlsIdentity): void
  close(): Promise<void>
}

/** @throws PreCareError 'listen-failed' */
export async function openHttp(ports: HttpPorts): Promise<HttpServer> {
  const tls = isLoopback(ports.host) ? undefined : ports.tls
  const secure = fastify({
    https: tls === undefined ? null : { ...TLS_PROFILE, key: tls.key, cert: tls.cert },
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
  })
  // Its routes are the same with and without TLS; the library's types tell the two apart.
  const app = secure as unknown as FastifyInstance
  app.setErrorHandler((error, _request, reply) => answerError(error, reply, ports.log))
  app.setNotFoundHandler((_request, reply) => void reply.code(404).send(body('not-found', 'There is nothing here.')))
  // Answers are data for programs: no script, style or frame may ever come of them.
  await app.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] }, useDefaults: false } })
  await app.register(rateLimit, { max: REQUESTS_PER_MINUTE, timeWindow: '1 minute' })
  routes(app, ports)
  ports.routes?.(app)
  try {
    const url = await app.listen({ host: ports.host, port: ports.port })
    return {
      url,
      changeIdentity: ({ key, cert }) => tls && secure.server.setSecureContext({ ...TLS_PROFILE, key, cert }),
      close: () => app.close(),
    }
  } catch (error) {
    throw new PreCareError('listen-failed', `http ${ports.host}:${ports.port}: ${messageOf(error)}`, { cause: error })
  }
}

function routes(app: FastifyInstance, ports: HttpPorts): void {
  const { accounts, notReady, metrics } = ports
  app.get('/healthz', () => ({ status: 'alive' }))
  app.get('/readyz', (_request, reply) => {
    const reason = notReady()
    return reason === undefined ? { status: 'ready' } : reply.code(503).send(body('not-ready', reason))
  })
  app.get('/metrics', (request, reply) => {
    if (!mayReadMetrics(request.ip, request.headers.authorization, ports.metricsToken)) {
      return reply
        .code(401)
        .send(body('access-denied', 'Use the metrics token as a Bearer token, or ask from this machine.'))
    }
    return reply.type('text/plain; version=0.0.4').send(renderMetrics(metrics()))
  })
  const whose = (request: FastifyRequest) => clientOf(request, accounts)
  replayRoutes(app, { ...ports, authenticated: (request, reply) => authenticated(whose, request, reply) })
  fhirRoutes(app, { ...ports, clientOf: whose })
  documentRoutes(app)
}

type Whose = (request: FastifyRequest) => Promise<ClientIdentity | 'busy' | undefined>

/** The client of a request; undefined when it was refused, and answered. */
async function authenticated(
  whose: Whose,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<ClientIdentity | undefined> {
  const client = await whose(request)
  if (client === 'busy') void reply.code(503).header('retry-after', 1).send(body('busy', 'Try again in a second.'))
  else if (client !== undefined) return client
  else {
    void reply
      .code(401)
      .header('www-authenticate', 'Basic realm="precare"')
      .send(body('access-denied', 'Use the account and password of a client over HTTP Basic.'))
  }
  return undefined
}

/** They name no person, but every hub and how it fares. */
export function mayReadMetrics(ip: string, authorization: string | undefined, token: string | undefined): boolean {
  if (isLoopback(ip)) return true
  const [, given] = /^Bearer (\S{1,200})$/i.exec(authorization ?? '') ?? []
  if (token === undefined || given === undefined) return false
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

/** HTTP Basic (RFC 7617). Undefined: no client of ours. */
async function clientOf(request: FastifyRequest, accounts: Accounts): Promise<ClientIdentity | 'busy' | undefined> {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]{1,400})$/i.exec(request.headers.authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  const verdict = await accounts.verify(text.slice(0, colon), text.slice(colon + 1))
  if (verdict === 'busy') return 'busy'
  return verdict !== 'refused' && verdict.role === 'client' ? verdict : undefined
}

function body(code: string, advice: string): { readonly error: { readonly code: string; readonly advice: string } } {
  return { error: { code, advice } }
}

function answerError(error: unknown, reply: FastifyReply, log: Log): void {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status === 429) {
    void reply.code(429).send(body('too-many-requests', 'Wait as long as the retry-after header says.'))
  } else if (status >= 400 && status < 500) {
    void reply.code(status).send(body('request-invalid', 'Correct the request.'))
  } else {
    log.error('http-failed', { reason: messageOf(error), ...(isPreCareError(error) ? { code: error.code } : {}) })
    const said = isPreCareError(error)
      ? body(error.code, error.advice)
      : body('internal', 'Try again; tell support if it stays.')
    void reply.code(isPreCareError(error) ? 503 : 500).send(said)
  }
}
