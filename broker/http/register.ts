import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PreCareError } from '../../device-drivers/errors.ts'
import { actorOf } from '../audit/actor.ts'
import type { Audit } from '../audit/entry.ts'
import { depthOf } from '../parse-readings.ts'
import type { Registry } from '../registry.ts'
import { decide } from '../rights/decide.ts'
import type { Session } from '../sign-in/sessions.ts'
import { isoTime } from '../store/iso-time.ts'
import { openRow } from './audit-row.ts'
import { compressed } from './compress.ts'
import { type Identified, type IdentifyPorts, identify, mayReadMetrics, stillIs } from './identify.ts'
import { entityTag, seenTag } from './precondition.ts'
import { bodyRefusal, changeRefusal, REFUSALS, type Refusal, refuse } from './refusals.ts'
import { type Asked, type Caller, type CitizenCall, DENIED, type Route, type RoutePorts } from './route.ts'
import { sessionOf } from './session-cookie.ts'

/** Makes fastify's routes from the table: who calls, may they, what do they ask, and the audit before the answer. */

export interface RegisterPorts extends RoutePorts, IdentifyPorts {
  readonly registry: Pick<Registry, 'grantsOf' | 'citizensOf' | 'pseudonymsOf'>
  /** Reads grants anew if another process has changed them: a revoked one must not answer until the next reading. */
  readonly current: () => void
  readonly audit: Audit
  readonly metricsToken?: string
}

/** message > list > item > value, and four to spare; JSON.parse recurses. */
const MAX_JSON_DEPTH = 8
const JSON_TYPE = 'application/json; charset=utf-8'
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

const isRefusal = (value: object): value is Refusal => 'advice' in value

/** What a browser says about who made the page that asks (Fetch Metadata Request Headers, 2.3; RFC 6454, 7). */
export function comesFromAForeignPage(headers: FastifyRequest['headers']): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  const { origin, host } = headers
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)
}

const COOKIE = /^__Host-[\w-]+=[^;]*(?=.*;\s*Secure)(?=.*;\s*HttpOnly)(?=.*;\s*SameSite=(Lax|Strict))/i

/** No cookie leaves without the flags that keep it here: a route that forgets one fails instead. */
export function checkCookies(header: unknown): void {
  const cookies = header === undefined ? [] : Array.isArray(header) ? header : [header]
  if (cookies.every((cookie) => COOKIE.test(String(cookie)))) return
  throw new PreCareError('config-invalid', 'a cookie is not __Host-, Secure, HttpOnly and SameSite')
}

export function registerRoutes(app: FastifyInstance, routes: readonly Route[], ports: RegisterPorts): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    if (depthOf(body) > MAX_JSON_DEPTH) return done(Object.assign(new Error('too deep'), { statusCode: 400 }))
    try {
      done(null, JSON.parse(body.toString('utf8')))
    } catch (error) {
      done(Object.assign(error instanceof Error ? error : new Error('no JSON'), { statusCode: 400 }))
    }
  })
  app.addHook('onRequest', async (request, reply) => {
    if (SAFE_METHODS.has(request.method) || !comesFromAForeignPage(request.headers)) return
    return refuse(reply, REFUSALS.foreignPage)
  })
  app.addHook('onSend', async (_request, reply) => checkCookies(reply.getHeader('set-cookie')))
  for (const route of routes) {
    const { method, path: url } = route
    const handler = (request: FastifyRequest, reply: FastifyReply) => answer(route, request, reply, ports)
    if (!route.raw) app.route({ method, url, handler })
    else {
      app.register(async (scope) => {
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
        scope.route({ method, url, handler })
      })
    }
  }
}

async function answer(route: Route, request: FastifyRequest, reply: FastifyReply, ports: RegisterPorts) {
  const cookie = sessionOf(request.headers.cookie)
  const session = ports.signIn.sessions.find(cookie)
  if (route.access.who === 'session' && session === undefined) return refuse(reply, REFUSALS.signedOut)
  const who = await admitted(route, request, session, ports)
  if (typeof who === 'object' && isRefusal(who)) return refuse(reply, who)
  if (who !== 'anybody') ports.current()
  const at = isoTime(ports.clock.now())
  const scope = who === 'anybody' ? OPEN : scopeOf(route, request, who, at, ports)
  if (isRefusal(scope)) return refuse(reply, scope)
  const query = route.query.safeParse(request.query)
  if (!query.success) {
    const { queryAdvice } = route
    const advice = typeof queryAdvice === 'string' ? queryAdvice : queryAdvice(query.error)
    return refuse(reply, { status: 400, code: 'query-invalid', advice })
  }
  const seen = route.needsMatch ? seenTag(request.headers['if-match']) : ''
  if (seen === undefined) return refuse(reply, REFUSALS.unseen)
  const body = route.body?.safeParse(request.body)
  // A stranger learns nothing of what is expected.
  if (body?.success === false) return refuse(reply, who === 'anybody' ? REFUSALS.body : bodyRefusal(body.error))
  // The routes of everybody ask for nothing of a call but what all have (Handlers.anybody), those of a session for that.
  const given = { query: query.data, body: body?.data, at, asked: askedOf(request) }
  const from = { address: request.ip, cookies: request.headers.cookie }
  const row = who === 'anybody' ? undefined : openRow(who, scope, ports)
  const acts = who === 'anybody' ? {} : { actor: actorOf(who), audit: row?.append, seenTag: seen }
  const holds = () => who !== 'anybody' && stillIs(who, request, session === undefined ? '' : cookie, ports)
  const call = { ...scope, ...given, ...from, ...acts, session, cookie, holds }
  const said = await handled(route, call as unknown as CitizenCall<unknown, unknown>, ports)
  if (said === DENIED || isRefusal(said)) {
    if (said === DENIED && route.access.who === 'right') row?.denied(route.access.action)
    if (said !== DENIED) return refuse(reply, said)
    return refuse(reply, scope.citizen === undefined ? REFUSALS.unknown : REFUSALS.citizen)
  }
  if (route.audits !== undefined) row?.write(route.audits, said.seen)
  if (said.etag !== undefined) void reply.header('etag', entityTag(said.etag))
  if (said.cookies !== undefined) void reply.header('set-cookie', said.cookies)
  void reply.code(said.status ?? 200).header('cache-control', 'no-store')
  if (said.headers !== undefined) void reply.headers(said.headers)
  if (said.location !== undefined) return reply.header('location', said.location).send()
  const { type = JSON_TYPE } = said
  const content = said.type === undefined ? JSON.stringify(said.body) : said.body
  void reply.type(type)
  const packed = await compressed(content, type, request.headers['accept-encoding'])
  if (packed === undefined) return reply.send(content)
  return reply.headers({ 'content-encoding': 'gzip', vary: 'accept-encoding' }).send(packed)
}

/** Thrown by a change that can't be made: what is to be corrected. Anything else is the broker's own trouble. */
async function handled(route: Route, call: CitizenCall<unknown, unknown>, ports: RoutePorts) {
  try {
    return await route.handle(call, ports)
  } catch (error) {
    const refusal = SAFE_METHODS.has(route.method) ? undefined : changeRefusal(error)
    if (refusal === undefined) throw error
    return refusal
  }
}

function askedOf(request: FastifyRequest): Asked {
  return {
    headers: request.headers,
    parameters: request.params as Record<string, string>,
    origin: `${request.protocol}://${request.host}`,
    search: new URL(request.url, 'http://localhost').searchParams,
  }
}

async function admitted(
  route: Route,
  request: FastifyRequest,
  session: Session | undefined,
  ports: RegisterPorts,
): Promise<Caller | 'anybody' | Refusal> {
  if (route.access.who === 'anybody' || route.access.who === 'session') return 'anybody'
  if (route.access.who === 'operator') {
    const may = mayReadMetrics(request.ip, request.headers.authorization, ports.metricsToken)
    return may ? 'anybody' : REFUSALS.operator
  }
  if (session !== undefined) return session.factor === 'password' ? REFUSALS.factor : session.user
  const identified: Identified = await identify(request, ports)
  return typeof identified === 'string' ? REFUSALS[identified] : identified
}

interface Scope {
  readonly caller?: Caller
  readonly pseudonym?: CitizenCall<unknown, unknown>['pseudonym']
  readonly citizenNamed?: CitizenCall<unknown, unknown>['citizenNamed']
  readonly citizen?: string
  readonly purpose?: string
  readonly allows?: CitizenCall<unknown, unknown>['allows']
}
const OPEN: Scope = {}

/** The decision. The organisation is the caller's own; the citizen is who the caller's name for one stands for. */
function scopeOf(
  route: Route,
  request: FastifyRequest,
  caller: Caller,
  at: string,
  ports: RegisterPorts,
): Scope | Refusal {
  const { access } = route
  if (access.who !== 'right') return OPEN
  const { registry } = ports
  const pseudonym = registry.pseudonymsOf(caller.organisation)
  const citizenNamed = (name: string) =>
    registry
      .citizensOf(caller.organisation)
      .find((known) => (pseudonym === undefined ? known : pseudonym('citizen', known)) === name)
  const denied = (citizen?: string): Refusal => {
    openRow(caller, citizen === undefined ? {} : { citizen }, ports).denied(access.action)
    return access.on === 'citizen' ? REFUSALS.citizen : REFUSALS.role
  }
  if (route.identifies && pseudonym !== undefined) return denied()
  if (access.on === 'own-organisation') {
    const resource = { type: 'organisation', organisation: caller.organisation } as const
    return decide(caller, access.action, resource, at).allow ? { caller, pseudonym, citizenNamed } : denied()
  }
  const named = String(Reflect.get(Object(request.params), 'citizen'))
  const citizen = citizenNamed(named)
  // Not one on whom there ever was a grant: what it says is a stranger's text and goes nowhere.
  if (citizen === undefined) return denied()
  const about = (kinds: CitizenKinds) =>
    decide(caller, access.action, { type: 'citizen', citizen, kinds, grants: registry.grantsOf(citizen) }, at)
  const decision = about([])
  if (!decision.allow) return denied(citizen)
  const { purpose } = decision
  return {
    caller,
    pseudonym,
    citizenNamed,
    citizen,
    ...(purpose === undefined ? {} : { purpose }),
    allows: (kind) => about([kind]).allow,
  }
}
type CitizenKinds = Parameters<CitizenCall<unknown, unknown>['allows']>[0][]
