import type { AddressInfo } from 'node:net'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { isPreCareError, messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { inUrl } from '../address.ts'
import { boundedClose } from '../bounded-close.ts'
import { timestamp } from '../broker-clock.ts'
import { type CertificateAnswer, ENROL_PATH, RENEW_PATH, renewRequestSchema } from '../contract/enrolment.ts'
import { type Log, rarely } from '../log.ts'
import type { TlsIdentity } from '../mqtt-listen.ts'
import type { Authority } from './authority.ts'
import { type EnrolmentParts, type Redeemed, redeem } from './enrolment.ts'
import { renewablePeer } from './peer.ts'
import { renew } from './renewal.ts'
import { TLS_PROFILE } from './tls-profile.ts'

/**
 * Where hubs come to their certificates: HTTPS on a port of its own, because it asks every connection for a certificate,
 * and takes one that has ended.
 */

/** A technician needs one request; a wave of renewals spreads over days. */
const REQUESTS_PER_MINUTE = 30
const REQUEST_TIMEOUT_MS = 10_000
/** A request with its certificate request is 500 bytes. */
const MAX_BODY_BYTES = 8 * 1024
/** Nobody stays. */
const MAX_CONNECTIONS = 500

export interface EnrolmentHttpPorts extends EnrolmentParts {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly identity: TlsIdentity
  readonly authority: Authority
  /** Where hubs connect with their certificate. */
  readonly mqttUrl: () => string
  readonly log: Log
  /** More for hubs with their certificate. */
  readonly routes?: (app: FastifyInstance) => void
}

export interface EnrolmentHttp {
  readonly url: string
  /** New connections get this certificate. */
  change(identity: TlsIdentity): void
  close(): Promise<void>
}

/** @throws PreCareError 'listen-failed' */
export async function openEnrolmentHttp(ports: EnrolmentHttpPorts): Promise<EnrolmentHttp> {
  const { authority, certificates, clock, log } = ports
  const warn = rarely(log, clock)
  const app = fastify({
    https: { ...TLS_PROFILE, ...ports.identity, requestCert: true, rejectUnauthorized: false },
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
  })
  const close = boundedClose(app as unknown as FastifyInstance, clock)
  app.server.maxConnections = MAX_CONNECTIONS
  app.server.headersTimeout = REQUEST_TIMEOUT_MS
  app.setErrorHandler((error, _request, reply) => {
    warn('enrolment-refused', { reason: messageOf(error), ...(isPreCareError(error) ? { code: error.code } : {}) })
    answerError(error, reply)
  })
  app.setNotFoundHandler((_request, reply) => void reply.code(404).send(body('not-found', 'There is nothing here.')))
  await app.register(rateLimit, { max: REQUESTS_PER_MINUTE, timeWindow: '1 minute' })

  const answer = ({ hub, certificate }: Redeemed, event: string): CertificateAnswer => {
    log.info(event, { hub })
    return { hub, certificate, authority: authority.certificate, mqttUrl: ports.mqttUrl(), at: timestamp(clock) }
  }
  app.post(ENROL_PATH, async (request) => answer(await redeem(ports, request.body), 'hub-enrolled'))
  app.post(RENEW_PATH, async (request) => {
    const parsed = renewRequestSchema.safeParse(request.body)
    if (!parsed.success) throw new PreCareError('payload-malformed', 'request: write a certificate request as PEM')
    const peer = renewablePeer(request.raw.socket, authority, certificates, clock)
    return answer(await renew(ports, peer, parsed.data.request), 'certificate-renewed')
  })
  ports.routes?.(app as unknown as FastifyInstance)

  try {
    await app.listen({ host: ports.host, port: ports.port })
  } catch (error) {
    const reason = `enrolment ${ports.host}:${ports.port}: ${messageOf(error)}`
    throw new PreCareError('listen-failed', reason, { cause: error })
  }
  const { port } = app.server.address() as AddressInfo
  return {
    url: `https://${inUrl(ports.host)}:${port}`,
    change: (identity) => app.server.setSecureContext({ ...TLS_PROFILE, ...identity }),
    close,
  }
}

const body = (code: string, advice: string) => ({ error: { code, advice } })

/** A wrong code, a used one and another hub's are answered alike. */
function answerError(error: unknown, reply: FastifyReply): void {
  if (isPreCareError(error)) {
    const status = error.code === 'payload-malformed' ? 400 : error.retry === 'permanent' ? 403 : 503
    void reply.code(status).send(body(error.code, error.advice))
    return
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status === 429) void reply.code(429).send(body('too-many-requests', 'Wait a minute.'))
  else if (status < 500) void reply.code(status).send(body('request-invalid', 'Correct the request.'))
  else void reply.code(500).send(body('internal', 'Try again; tell support if it stays.'))
}
