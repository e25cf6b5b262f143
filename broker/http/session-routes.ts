import { z } from 'zod'
import { idSchema } from '../../device-drivers/reading.ts'
import { ROLES } from '../rights/decide.ts'
import type { SignedIn } from '../sign-in/sign-in.ts'
import { REFUSALS } from './refusals.ts'
import { type Answer, openRoute, type Route, sessionRoute } from './route.ts'
import { NO_SESSION, NO_TRANSACTION, sessionCookie, transactionCookie, transactionOf } from './session-cookie.ts'

/** Signing in and out. What a person may see once inside is decided by the other routes. */

/** Longer than any password that somebody types; stops megabytes from being hashed. */
const MAX_PASSWORD = 128
const code = z.string().regex(/^\d{6}$/, 'use the six digits of the authenticator')

const whoSchema = z.strictObject({
  user: idSchema,
  displayName: z.string(),
  organisation: idSchema,
  role: z.enum(ROLES),
  endsAt: z.string(),
  /** A second factor must be made before anything else. */
  factorMissing: z.boolean(),
})

const whoIs = ({ user, displayName, endsAt, factorMissing }: Omit<SignedIn, 'cookie'>): z.output<typeof whoSchema> => ({
  user: user.id,
  displayName,
  organisation: user.organisation,
  role: user.role,
  endsAt,
  factorMissing,
})

const refused = (refusal: { readonly status: number; readonly code: string; readonly advice: string }): Answer => ({
  status: refusal.status,
  body: { error: { code: refusal.code, advice: refusal.advice } },
})

const begun = (session: SignedIn, at: string): Answer => ({
  body: whoIs(session),
  cookies: [sessionCookie(session, at)],
})

export const SESSION_ROUTES: readonly Route[] = [
  openRoute(
    {
      method: 'POST',
      path: '/v1/session',
      who: 'anybody',
      summary: 'signs a person in with user, password and, once there is one, the code of the authenticator',
      body: z.strictObject({ user: idSchema, password: z.string().max(MAX_PASSWORD), code: code.optional() }),
      answer: whoSchema,
    },
    async ({ body, address, at }, { signIn }) => {
      const answer = await signIn.withPassword(body.user, body.password, body.code, address)
      if (answer === 'wrong') return refused(REFUSALS.wrong)
      if (answer === 'code') return refused(REFUSALS.codeWanted)
      if (answer === 'too-many') return refused(REFUSALS.attempts)
      return answer === 'busy' ? refused(REFUSALS.busy) : begun(answer, at)
    },
  ),
  sessionRoute(
    { method: 'GET', path: '/v1/session', summary: 'who is signed in, and until when', answer: whoSchema },
    ({ session }, { signIn }) => {
      const { user, endsAt, factor } = session
      const displayName = signIn.displayName(user.id)
      return { body: whoIs({ user, displayName, endsAt, factorMissing: factor === 'password' }) }
    },
  ),
  sessionRoute(
    {
      method: 'DELETE',
      path: '/v1/session',
      summary: 'signs out',
      answer: z.strictObject({}),
    },
    ({ session, cookie }, { signIn }) => {
      signIn.signOut(session.user, cookie)
      return { body: {}, cookies: [NO_SESSION] }
    },
  ),
  sessionRoute(
    {
      method: 'POST',
      path: '/v1/session/factor',
      summary: 'a secret for an authenticator, once; in force when a code of it was given',
      answer: z.strictObject({ secret: z.string(), uri: z.string() }),
    },
    ({ session }, { signIn }) => {
      const offered = signIn.offerFactor(session.user)
      return offered === undefined ? refused(REFUSALS.role) : { body: offered }
    },
  ),
  sessionRoute(
    {
      method: 'PUT',
      path: '/v1/session/factor',
      summary: 'confirms the authenticator with a code of it; begins a session that may see something',
      body: z.strictObject({ code }),
      answer: whoSchema,
    },
    ({ session, body, at }, { signIn }) => {
      const confirmed = signIn.confirmFactor(session.user, body.code)
      return confirmed === undefined ? refused(REFUSALS.wrong) : begun(confirmed, at)
    },
  ),
  openRoute(
    {
      method: 'GET',
      path: '/v1/session/provider',
      who: 'anybody',
      summary: 'sends the browser to the identity provider (OpenID Connect)',
      answer: 'text',
    },
    async (_call, { provider }) => {
      if (provider === undefined) return refused(REFUSALS.noProvider)
      const { url, transaction } = await provider.start()
      return { status: 303, body: '', location: url, cookies: [transactionCookie(transaction)] }
    },
  ),
  openRoute(
    {
      method: 'GET',
      path: '/v1/session/provider/back',
      who: 'anybody',
      summary: 'where the identity provider sends the browser back to; begins a session',
      query: z.looseObject({ state: z.string().max(200), code: z.string().max(4096).optional() }),
      queryAdvice: 'Sign in from the page.',
      answer: 'text',
    },
    async ({ query, cookies, at }, { provider, signIn }) => {
      if (provider === undefined) return refused(REFUSALS.noProvider)
      const named = await provider.finish(transactionOf(cookies), query)
      const session = named === undefined ? undefined : signIn.withSubject(named.issuer, named.subject)
      if (session === undefined) return { ...refused(REFUSALS.wrong), cookies: [NO_TRANSACTION] }
      return { status: 303, body: '', location: '/', cookies: [NO_TRANSACTION, sessionCookie(session, at)] }
    },
  ),
]
