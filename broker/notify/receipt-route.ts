import { z } from 'zod'
import { type Answer, openRoute } from '../http/route.ts'
import { RECEIPT_STATES } from './message.ts'
import { isSigned, SIGNATURE_HEADER } from './signature.ts'

/**
 * `POST /v1/deliveries/<key>/receipt`: a provider says what became of a message that it took. The body is
 * `{"key": ..., "state": "delivered" | "read" | "accepted" | "rejected"}`, signed as what we send is, with the secret of
 * the channel. It may be repeated and come in any order.
 */

const receiptSchema = z.object({ key: z.string(), state: z.enum(RECEIPT_STATES) })
const KEY = /^[0-9a-f]{32}$/

const refusal = (status: number, code: string, advice: string): Answer => ({
  status,
  body: { error: { code, advice } },
})
const UNSIGNED = refusal(
  401,
  'access-denied',
  `Sign the body with the secret of the channel in ${SIGNATURE_HEADER}, with a clock that is right.`,
)
const INVALID = refusal(400, 'request-invalid', `Send the key of the path and a state: ${RECEIPT_STATES.join(', ')}.`)

/** Open to everybody: the signature says who it is. It is of the bytes on the wire; what is not signed is not read. */
export const RECEIPT_ROUTE = openRoute(
  {
    method: 'POST',
    path: '/v1/deliveries/:key/receipt',
    who: 'anybody',
    summary: 'what became of a message, signed by its provider: notify/README.md',
    raw: true,
    body: z.custom<Buffer | undefined>((body) => body === undefined || Buffer.isBuffer(body)),
    answer: receiptSchema,
    documented: { path: { key: 'Of the message' }, refusals: { '401': 'Not signed, or of no message' } },
  },
  ({ asked, body, at }, { deliveries, log }) => {
    const key = asked.parameters['key'] ?? ''
    const bytes = body ?? Buffer.alloc(0)
    const secret = KEY.test(key) ? deliveries?.receiptSecret(key) : undefined
    // A key that does not exist is refused as a wrong signature is: nobody learns which exist.
    if (
      deliveries === undefined ||
      secret === undefined ||
      !isSigned(secret, bytes, asked.headers[SIGNATURE_HEADER], Date.parse(at))
    ) {
      log.warn('receipt-refused', { reason: 'not signed' })
      return UNSIGNED
    }
    const parsed = receiptSchema.safeParse(jsonOf(bytes))
    if (!parsed.success || parsed.data.key !== key) return INVALID
    return { body: { key, state: deliveries.receipt(key, parsed.data.state) } }
  },
)

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
