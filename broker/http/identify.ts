import { createHash, timingSafeEqual } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { FastifyRequest } from 'fastify'
import type { Accounts } from '../accounts.ts'
import { isLoopback } from '../address.ts'
import { holderOf } from '../rights/tokens.ts'
import type { Sessions } from '../sign-in/sessions.ts'
import type { Caller } from './route.ts'

/** Who calls: HTTP Basic (RFC 7617) with a client's account, or a Bearer token (RFC 6750) of a client or a person. */

export interface IdentifyPorts {
  readonly accounts: Accounts
  readonly database: DatabaseSync
  readonly clock: { now(): number }
  /** The operator has said that the network in between is his own. */
  readonly plainTextAllowed: boolean
}

/** plain: credentials came over a line that others can read; they are burnt and count for nothing. */
export type Identified = Caller | 'busy' | 'nobody' | 'plain'

export async function identify(request: FastifyRequest, ports: IdentifyPorts): Promise<Identified> {
  const authorization = request.headers.authorization ?? ''
  const [, scheme, given] = /^(Basic|Bearer) ([A-Za-z0-9+/=_-]{1,400})$/i.exec(authorization) ?? []
  if (scheme === undefined || given === undefined) return 'nobody'
  if (request.protocol !== 'https' && !isLoopback(request.ip) && !ports.plainTextAllowed) return 'plain'
  if (scheme.toLowerCase() === 'bearer') {
    const holder = holderOf(ports.database, given, ports.clock.now())
    return holder === undefined || holder.role === 'hub' ? 'nobody' : holder
  }
  const text = Buffer.from(given, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return 'nobody'
  const verdict = await ports.accounts.verify(text.slice(0, colon), text.slice(colon + 1))
  if (verdict === 'busy') return 'busy'
  return verdict !== 'refused' && verdict.role === 'client' ? verdict : 'nobody'
}

/** Is the caller of a request that was let in still let in, by the same credentials, with the same role? @param cookie of its session, or '' */
export function stillIs(
  caller: Caller,
  request: FastifyRequest,
  cookie: string,
  ports: Pick<IdentifyPorts, 'accounts' | 'database' | 'clock'> & { readonly signIn: { readonly sessions: Sessions } },
): boolean {
  const [, token] = /^Bearer ([A-Za-z0-9_-]{1,400})$/i.exec(request.headers.authorization ?? '') ?? []
  const now =
    cookie !== ''
      ? ports.signIn.sessions.look(cookie)?.user
      : token !== undefined
        ? holderOf(ports.database, token, ports.clock.now())
        : ports.accounts.enabled(caller.id)
  return now !== undefined && now.role === caller.role && now.organisation === caller.organisation
}

/** Metrics name no person, but every hub and how it fares. */
export function mayReadMetrics(ip: string, authorization: string | undefined, token: string | undefined): boolean {
  if (isLoopback(ip)) return true
  const [, given] = /^Bearer (\S{1,200})$/i.exec(authorization ?? '') ?? []
  if (token === undefined || given === undefined) return false
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
