import type { IncomingHttpHeaders } from 'node:http'
import type { Kind } from '../../device-drivers/reading.ts'
import type { Actor, Audit } from '../audit/entry.ts'
import type { Subject } from '../rights/decide.ts'
import type { Pseudonyms } from '../rights/pseudonyms.ts'
import type { Session } from '../sign-in/sessions.ts'

/** What a route gets of a request that was let through. */

/** Somebody who may have rights; a hub calls no route. */
export type Caller = Exclude<Subject, { readonly role: 'hub' }>

/** The request as it came: a stranger's text, for the few that need more than a query and a body. */
export interface Asked {
  readonly headers: IncomingHttpHeaders
  /** Of the path, by name. */
  readonly parameters: Readonly<Record<string, string>>
  /** As the caller wrote it, so that links lead back the same way: `https://host`. */
  readonly origin: string
  readonly search: URLSearchParams
}

/** A call that was let through. */
export interface Call<Query, Body> {
  readonly query: Query
  readonly body: Body
  /** ISO 8601 UTC time of the decision. */
  readonly at: string
  readonly asked: Asked
  /** Where the call comes from, for counting attempts. */
  readonly address: string
  /** The request's cookies, as sent. */
  readonly cookies: string | undefined
}

/** The same of a person with a session. */
export interface SessionCall<Query, Body> extends Call<Query, Body> {
  readonly session: Session
  readonly cookie: string
}

/** The same with the caller, whose organisation is the only scope there is. */
export interface OwnCall<Query, Body> extends Call<Query, Body> {
  readonly caller: Caller
  /** For a research organisation: what it gets instead of ids. */
  readonly pseudonym: Pseudonyms | undefined
  /** The id in the journal of whom the caller calls so; undefined when there never was a grant on such a citizen. */
  readonly citizenNamed: (name: string) => string | undefined
  /** The caller, for the audit. */
  readonly actor: Actor
  /**
   * For changes: appends in the transaction of the change. Whose and why are filled in where the entry does not say
   * it. Whoever uses it has written the row of this answer; otherwise one is written with what was {@link Seen}.
   */
  readonly audit: Audit
  /** The caller could still make this call: for an answer that goes on. */
  readonly holds: () => boolean
  /** The entity tag that If-Match names; '' where the route asks for none. */
  readonly seenTag: string
}

export interface CitizenCall<Query, Body> extends OwnCall<Query, Body> {
  /** The id in the journal, whatever the caller calls the citizen. */
  readonly citizen: string
  /** May the caller do this with data of that kind too? */
  readonly allows: (kind: Kind) => boolean
}
