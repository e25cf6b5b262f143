import type { Channel, Outbound } from './channel.ts'
import { ATTEMPT_MS, type Sent } from './message.ts'
import { SIGNATURE_HEADER, sign } from './signature.ts'

/** Messages as signed HTTP requests, for whoever sends SMS, calls telephones or runs a rota of its own. */

export interface WebhookOptions {
  readonly url: string
  readonly secret: string
  readonly receiptWithinMs?: number
  readonly clock: { now(): number }
  /** Bound of one attempt, ms. */
  readonly deadlineMs?: number
}

/** The provider asks to be asked again (RFC 9110, 15.5.9; RFC 8470; RFC 6585, 4). */
const TRY_AGAIN: ReadonlySet<number> = new Set([408, 425, 429])

export function openWebhook(options: WebhookOptions): Channel {
  const { url, secret, receiptWithinMs, clock, deadlineMs = ATTEMPT_MS } = options
  return {
    receiptWithinMs,
    receiptSecret: secret,
    async send(message, signal) {
      const body = JSON.stringify(bodyOf(message))
      try {
        const answer = await fetch(url, {
          method: 'POST',
          // A redirect would carry the message where no administrator sent it.
          redirect: 'manual',
          headers: {
            'content-type': 'application/json',
            'idempotency-key': message.key,
            [SIGNATURE_HEADER]: sign(secret, body, clock.now()),
          },
          body,
          signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
        })
        // What it says is nothing we need, and could be endless.
        await answer.body?.cancel()
        return outcomeOf(answer.status)
      } catch (error) {
        return { outcome: 'transient', reason: nameOf(error) }
      }
    },
    close: () => undefined,
  }
}

/** The same bytes with every attempt: a provider may compare them under one key. */
function bodyOf({ key, person, address, language, notice, text }: Outbound) {
  return { key, person, address, language, subject: text.subject, text: text.body, ...notice }
}

function outcomeOf(status: number): Sent {
  if (status >= 200 && status < 300) return { outcome: 'accepted' }
  const transient = status >= 500 || TRY_AGAIN.has(status)
  return { outcome: transient ? 'transient' : 'permanent', reason: `http-${status}` }
}

/** 'TimeoutError' or the system's code, as ECONNREFUSED: no address, no content. */
function nameOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return error instanceof Error ? error.name : 'failed'
}
