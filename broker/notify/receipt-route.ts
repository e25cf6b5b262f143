import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Log } from '../log.ts'
import { RECEIPT_STATES } from './message.ts'
import type { Notifier } from './notifier.ts'
import { isSigned, SIGNATURE_HEADER } from './signature.ts'

/**
 * `POST /v1/deliveries/<key>/receipt`: a provider says what became of a message that it took. The body is
 * `{"key": ..., "state": "delivered" | "read" | "accepted" | "rejected"}`, signed as what we send is, with the secret of
 * the channel. It may be repeated and come in any order.
 */

const receiptSchema = z.object({ key: z.string(), state: z.enum(RECEIPT_STATES) })
const KEY = /^[0-9a-f]{32}$/

interface Ports {
  readonly notifier: Pick<Notifier, 'receipt' | 'receiptSecret'>
  readonly clock: { now(): number }
  readonly log: Log
}

const refusal = (code: string, advice: string) => ({ error: { code, advice } })
const UNSIGNED = refusal(
  'access-denied',
  `Sign the body with the secret of the channel in ${SIGNATURE_HEADER}, with a clock that is right.`,
)

/** Hangs the route into the HTTP server. */
export function receiptRoute(app: FastifyInstance, { notifier, clock, log }: Ports): void {
  app.register(async (scope) => {
    // The signature is of the bytes on the wire; whatever is not signed is not read.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.post<{ Params: { key: string } }>('/v1/deliveries/:key/receipt', (request, reply) => {
      const { key } = request.params
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const secret = KEY.test(key) ? notifier.receiptSecret(key) : undefined
      // A key that does not exist is refused as a wrong signature is: nobody learns which exist.
      if (secret === undefined || !isSigned(secret, body, request.headers[SIGNATURE_HEADER], clock.now())) {
        log.warn('receipt-refused', { reason: 'not signed' })
        return reply.code(401).send(UNSIGNED)
      }
      const parsed = receiptSchema.safeParse(jsonOf(body))
      if (!parsed.success || parsed.data.key !== key) {
        return reply
          .code(400)
          .send(refusal('request-invalid', `Send the key of the path and a state: ${RECEIPT_STATES.join(', ')}.`))
      }
      return reply.send({ key, state: notifier.receipt(key, parsed.data.state) })
    })
  })
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
