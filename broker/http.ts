import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance } from 'fastify'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { isLoopback } from './address.ts'
import { boundedClose } from './bounded-close.ts'
import { answerError, REFUSALS, refuse } from './http/refusals.ts'
import { type RegisterPorts, registerRoutes } from './http/register.ts'
import type { Route } from './http/route.ts'
import { ROUTES } from './http/routes.ts'
import { sessionOf } from './http/session-cookie.ts'
import { TLS_PROFILE } from './identity/tls-profile.ts'
import type { TlsIdentity } from './mqtt-listen.ts'

/** The broker over HTTP: the table of http/routes.ts on a port. Anything else is 404. */

/** Of one session, or else from one address; a subscriber that catches up reads 1,000 readings with each. */
const REQUESTS_PER_MINUTE = 300
/** A page of 1,000 readings of 600 bytes is written in far less. */
const REQUEST_TIMEOUT_MS = 10_000
/** What people and systems send is a decision and a reason, not data. */
const MAX_BODY_BYTES = 16 * 1024

export interface HttpPorts extends RegisterPorts {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** The table; the house's own unless a test brings another. */
  readonly table?: readonly Route[]
  /** {@link REQUESTS_PER_MINUTE} unless a test asks for everything at once. */
  readonly requestsPerMinute?: number
  /** HTTPS when the address is not this machine's own. */
  readonly tls?: TlsIdentity
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
  const close = boundedClose(app)
  app.setErrorHandler((error, _request, reply) => answerError(error, reply, ports.log))
  app.setNotFoundHandler((_request, reply) => void refuse(reply, REFUSALS.unknown))
  // Answers are data for programs: no script, style or frame may ever come of them.
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
      useDefaults: false,
    },
  })
  await app.register(rateLimit, {
    max: ports.requestsPerMinute ?? REQUESTS_PER_MINUTE,
    timeWindow: '1 minute',
    // A whole ward sits behind one address. Only a session that exists counts for itself: cookies can be made up.
    keyGenerator: ({ headers, ip }) => {
      const cookie = sessionOf(headers.cookie)
      return cookie !== '' && ports.signIn.sessions.look(cookie) !== undefined ? `session ${cookie}` : ip
    },
  })
  registerRoutes(app, ports.table ?? ROUTES, ports)
  try {
    const url = await app.listen({ host: ports.host, port: ports.port })
    return {
      url,
      changeIdentity: ({ key, cert }) => tls && secure.server.setSecureContext({ ...TLS_PROFILE, key, cert }),
      close,
    }
  } catch (error) {
    throw new PreCareError('listen-failed', `http ${ports.host}:${ports.port}: ${messageOf(error)}`, { cause: error })
  }
}
