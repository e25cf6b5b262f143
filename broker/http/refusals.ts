import type { FastifyReply } from 'fastify'
import type { z } from 'zod'
import { type ErrorCode, isPreCareError, messageOf } from '../../device-drivers/errors.ts'
import { FHIR_JSON, outcome } from '../fhir/bundle.ts'
import type { Log } from '../log.ts'
import { adviceOf, fieldsOfIssues, fieldsOfMessage, type WrongField } from './fields.ts'

/** Everything that the broker says instead of an answer: a code and what to do. Never what was asked. */

export interface Refusal {
  readonly status: number
  readonly code: string
  readonly advice: string
  /** Where it lies, when it lies in fields of the body. */
  readonly fields?: readonly WrongField[]
}

export const REFUSALS = {
  unknown: { status: 404, code: 'not-found', advice: 'There is nothing here.' },
  /** The same for a citizen that does not exist and for one of others: nobody learns which. */
  citizen: { status: 404, code: 'not-found', advice: 'There is no such citizen for you; ask for a grant.' },
  nobody: {
    status: 401,
    code: 'access-denied',
    advice: 'Use the account and password of a client over HTTP Basic, or a Bearer token.',
  },
  signedOut: { status: 403, code: 'signed-out', advice: 'Sign in again; the session has ended.' },
  factor: { status: 403, code: 'factor-missing', advice: 'Set up the second factor first.' },
  attempts: { status: 429, code: 'too-many-attempts', advice: 'Too many wrong attempts; wait 15 minutes.' },
  wrong: { status: 403, code: 'sign-in-wrong', advice: 'User, password or code is wrong.' },
  codeWanted: { status: 403, code: 'code-wanted', advice: 'Add the code of your authenticator.' },
  noProvider: { status: 404, code: 'no-provider', advice: 'No identity provider is set up; use a password.' },
  role: { status: 403, code: 'access-denied', advice: 'Your role has no right to this.' },
  plain: {
    status: 403,
    code: 'access-denied',
    advice: 'Credentials came over plain text; use https, and have new ones made.',
  },
  operator: {
    status: 401,
    code: 'access-denied',
    advice: 'Use the metrics token as a Bearer token, or ask from this machine.',
  },
  busy: { status: 503, code: 'busy', advice: 'Try again in a second.' },
  streams: {
    status: 429,
    code: 'too-many-streams',
    advice: 'Close some of the pages that are open for you, or try again in a minute.',
  },
  foreignPage: { status: 403, code: 'access-denied', advice: 'Another site may not do this on your behalf.' },
  body: { status: 400, code: 'body-invalid', advice: 'Correct the body; it is JSON as the documentation says.' },
  rate: { status: 429, code: 'too-many-requests', advice: 'Wait as long as the retry-after header says.' },
  request: { status: 400, code: 'request-invalid', advice: 'Correct the request.' },
  unseen: {
    status: 428,
    code: 'precondition-missing',
    advice: 'Say in If-Match which version you saw: the one ETag that came with it, in quotes.',
  },
} as const satisfies Record<string, Refusal>

/** A body that breaks its schema. */
export function bodyRefusal(error: z.ZodError): Refusal {
  const fields = fieldsOfIssues(error)
  return { ...REFUSALS.body, advice: adviceOf(fields), fields }
}

/** These speak of what somebody wanted to change, not of the broker. */
const OF_THE_CHANGE: Readonly<Partial<Record<ErrorCode, number>>> = {
  'config-invalid': 400,
  'limits-invalid': 400,
  'alert-changed': 412,
  'changed-meanwhile': 412,
}

/** What is said of a change that can't be made as it was asked for; undefined when the fault is not the caller's. */
export function changeRefusal(error: unknown): Refusal | undefined {
  if (!isPreCareError(error)) return undefined
  const status = OF_THE_CHANGE[error.code]
  if (status === undefined) return undefined
  const fields = status === 400 ? fieldsOfMessage(error.message) : []
  const { code, message: advice } = error
  return { status, code, advice, ...(fields.length === 0 ? {} : { fields }) }
}

/** Codes of the value set issue-type (hl7.org/fhir/R4/valueset-issue-type.html), by status. */
const ISSUES: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'login',
  403: 'forbidden',
  404: 'not-found',
  429: 'throttled',
  503: 'transient',
}

/** There an error is an OperationOutcome. */
const isBelowFhir = (url: string): boolean => url.startsWith('/fhir/')

export function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status, code, advice, fields } = refusal
  // A browser asked for Basic would ask the person, who has a page for that.
  const scheme = reply.request.headers['sec-fetch-site'] === undefined ? 'Basic' : 'Session'
  if (status === 401) void reply.header('www-authenticate', `${scheme} realm="precare"`)
  if (status === 503) void reply.header('retry-after', 1)
  void reply.code(status).header('cache-control', 'no-store')
  if (!isBelowFhir(reply.request.url)) return reply.send({ error: { code, advice, ...(fields && { fields }) } })
  return reply.type(FHIR_JSON).send(JSON.stringify(outcome(ISSUES[status] ?? 'exception', advice)))
}

/** For whatever was thrown: by fastify about the request, or by us. */
export function answerError(error: unknown, reply: FastifyReply, log: Log): void {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status === 429) void refuse(reply, REFUSALS.rate)
  else if (status >= 400 && status < 500) void refuse(reply, { ...REFUSALS.request, status })
  else {
    log.error('http-failed', { reason: messageOf(error), ...(isPreCareError(error) ? { code: error.code } : {}) })
    void refuse(
      reply,
      isPreCareError(error)
        ? { status: 503, code: error.code, advice: error.advice }
        : { status: 500, code: 'internal', advice: 'Try again; tell support if it stays.' },
    )
  }
}
