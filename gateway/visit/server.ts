import { randomBytes, timingSafeEqual } from 'node:crypto'
import { chmodSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import statics from '@fastify/static'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { z } from 'zod'
import { isPreCareError, messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { OWNER_ONLY } from '../durable-file.ts'
import { errorFields, type Log } from '../log.ts'
import type { Desk } from './desk.ts'
import { BROKER_MS, stepId } from './routes.ts'
import { sentenceFor } from './sentences.ts'
import { CODE_ATTEMPTS, isCode, type VisitWindow } from './window.ts'

/** The page of the visit and its steps over HTTP, for the technician's phone and for the command line. */

/** The page asks once a second. */
const REQUESTS_PER_MINUTE = 300
const MAX_BODY_BYTES = 4 * 1024
const COOKIE = 'precare_visit'
/** A page of another site can't send it (no CORS here), so a request that has it comes from ours. */
const HEADER = 'x-precare-visit'

/** With a place of its own for the page that `npm run build:pages` makes; the same beside sources and built files. */
const PAGE_PLACES = ['../../dist/pages/hub/', '../../pages/hub/']

export interface VisitServerParts {
  readonly window: VisitWindow
  readonly desk: Desk
  readonly log: Log
  /** After too many wrong codes, or when the technician is done. */
  readonly close: () => void
  /** A unix socket for its owner, who needs no code; else the page, at the window's address. */
  readonly socket?: string
  /** PEM; without them the page is for this machine only. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

export interface VisitServer {
  readonly url: string
  close(): Promise<void>
}

const signInSchema = z.strictObject({ code: z.string().max(32) })

/** @throws PreCareError 'listen-failed' */
export async function openVisitServer(parts: VisitServerParts): Promise<VisitServer> {
  const { window, tls, socket } = parts
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: BROKER_MS + 10_000,
    forceCloseConnections: 'idle',
    ...(tls === undefined ? {} : { https: { key: tls.key, cert: tls.cert } }),
  }) as unknown as FastifyInstance
  app.setErrorHandler((error, _request, reply) => answerError(error, reply, parts.log))
  app.setNotFoundHandler((_request, reply) => void reply.code(404).send({ error: { code: 'not-found' } }))
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
      },
    },
    strictTransportSecurity: false,
  })
  // A socket has no address to count by, and one user.
  if (socket === undefined) await app.register(rateLimit, { max: REQUESTS_PER_MINUTE, timeWindow: '1 minute' })
  await app.register(cookie)
  const page = PAGE_PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))).find(existsSync)
  if (page !== undefined) await app.register(statics, { root: page, cacheControl: false, index: 'index.html' })
  routes(app, parts)
  try {
    const url = await app.listen(socket === undefined ? { host: window.host, port: window.port } : { path: socket })
    if (socket !== undefined) chmodSync(socket, OWNER_ONLY)
    return { url, close: () => app.close() }
  } catch (error) {
    const where = socket === undefined ? `${window.host}:${window.port}` : 'its socket'
    throw new PreCareError('listen-failed', `visit page at ${where}: ${messageOf(error)}`, { cause: error })
  }
}

function routes(app: FastifyInstance, { window, desk, close, tls, log, socket }: VisitServerParts): void {
  const session = randomBytes(32).toString('hex')
  let attempts = CODE_ATTEMPTS

  const mayEnter = (request: FastifyRequest): boolean => {
    if (socket !== undefined) return true
    const given = request.cookies[COOKIE] ?? ''
    return given.length === session.length && timingSafeEqual(Buffer.from(given), Buffer.from(session))
  }

  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith('/api/')) return
    if (request.headers[HEADER] !== '1') return refuse(reply, 403, 'access-denied')
    if (request.url === '/api/sign-in') return
    if (!mayEnter(request)) return refuse(reply, 401, 'access-denied')
  })

  app.post('/api/sign-in', (request, reply) => {
    const { code } = signInSchema.parse(request.body)
    if (attempts > 0 && isCode(window, code.replaceAll(/\s/g, ''))) {
      const secure = tls === undefined ? {} : { secure: true }
      return reply.setCookie(COOKIE, session, { httpOnly: true, sameSite: 'strict', path: '/', ...secure }).send({})
    }
    attempts -= 1
    log.warn('visit-code-wrong', { attempts: Math.max(0, attempts) })
    if (attempts <= 0) close()
    return refuse(reply, 401, 'access-denied')
  })
  app.get('/api/visit', () => desk.view())
  app.get('/api/report', async (_request, reply) => {
    const sheet = await desk.sheet()
    if (sheet === undefined) return refuse(reply, 404, 'visit-refused')
    return reply.type('text/html; charset=utf-8').send(sheet)
  })

  for (const { path, body, take } of desk.routes) {
    app.post<{ Params: { id?: string } }>(path, async (request) => {
      await take(stepId(request.params.id), body.parse(request.body))
      return desk.view()
    })
  }
  app.post('/api/close', (_request, reply) => {
    setImmediate(close)
    return reply.send({})
  })
}

function refuse(reply: FastifyReply, status: number, code: 'access-denied' | 'visit-refused'): FastifyReply {
  return reply.code(status).send({ error: { code, sentence: sentenceFor(code) } })
}

function answerError(error: unknown, reply: FastifyReply, log: Log): void {
  if (isPreCareError(error)) {
    const { code } = error
    void reply.code(code === 'uplink-lost' ? 503 : 409).send({ error: { code, sentence: sentenceFor(code) } })
    return
  }
  if (error instanceof z.ZodError) {
    const fields = error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
    void reply.code(400).send({ error: { code: 'request-invalid', fields } })
    return
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status >= 500) log.error('visit-page-failed', errorFields(error))
  void reply.code(status).send({ error: { code: status >= 500 ? 'internal' : 'request-invalid' } })
}
