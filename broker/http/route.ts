import { z } from 'zod'
import type { Kind } from '../../device-drivers/reading.ts'
import type { AuditEntry } from '../audit/entry.ts'
import type { AuditRow } from '../audit/read.ts'
import type { Clinic } from '../clinic/clinic.ts'
import type { PageFiles } from '../clinic/page-files.ts'
import type { FeedReading } from '../contract/messages.ts'
import type { SchemaName } from '../contract/schemas.ts'
import type { Parameters } from '../documents/parameters.ts'
import type { FhirDevices } from '../fhir/devices.ts'
import type { Log } from '../log.ts'
import type { Metric } from '../metrics.ts'
import type { Notifier } from '../notify/notifier.ts'
import type { AlertReplay } from '../replay/alerts.ts'
import type { Replay } from '../replay/replay.ts'
import type { Action } from '../rights/decide.ts'
import type { IdentityProvider } from '../sign-in/identity-provider.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { Acting } from './acting.ts'
import type { Call, CitizenCall, OwnCall, SessionCall } from './call.ts'

export type { Asked, Caller, CitizenCall, OwnCall } from './call.ts'

/**
 * What a route is: one line of the table from which fastify's routes, the checks before them, the audit, the
 * documentation and the tests are made. A route that is not in the table does not exist; one in the table cannot forget
 * its check or its audit row.
 */

/** Who may call. `citizen` routes have a `:citizen` in their path and are decided on that citizen's grants. */
export type Access =
  | { readonly who: 'anybody' }
  /** This machine, or who has the metrics token. */
  | { readonly who: 'operator' }
  /** A person who has signed in, if only with a password. */
  | { readonly who: 'session' }
  | { readonly who: 'right'; readonly action: Action; readonly on: 'own-organisation' | 'citizen' }

/** What was seen or done, for the audit row that is written before the answer leaves. */
export type Seen = Pick<AuditEntry, 'citizen' | 'subject' | 'kinds' | 'from' | 'to' | 'cursors' | 'count'>

export interface Answer {
  readonly status?: number
  /** JSON, or text or a stream of it under `type`. */
  readonly body: unknown
  readonly type?: string
  readonly seen?: Seen
  /** Set-Cookie headers, as session-cookie.ts makes them. */
  readonly cookies?: readonly string[]
  /** Where to go instead (RFC 9110, 15.4.4). */
  readonly location?: string
  /** In the place of those that every answer has: no cache, nothing that a browser would run. */
  readonly headers?: Readonly<Record<string, string>>
  /** Stands for this version of what is shown: what If-Match must name to change it. */
  readonly etag?: string
}

/** What the caller may not know to exist: said as of what does not, and in the audit as denied. */
export const DENIED = 'denied'
export type Said = Answer | typeof DENIED

/** What routes need of the broker. */
export interface RoutePorts {
  readonly replay: Replay
  /** Absent: alerts are kept elsewhere. */
  readonly alerts?: AlertReplay
  readonly devices: FhirDevices
  /** What became of messages to people; absent: nobody is told. */
  readonly deliveries?: Pick<Notifier, 'receipt' | 'receiptSecret'>
  /** A citizen's stored readings by time of measuring, `from` inclusive, `to` exclusive. */
  readonly readingsOf: (
    citizen: string,
    kinds: readonly Kind[],
    from: string,
    to: string,
    limit: number,
  ) => readonly Omit<FeedReading, 'cursor'>[]
  /** What people look at; absent: no page is served. */
  readonly clinic?: Clinic
  readonly pageFiles?: PageFiles
  readonly signIn: SignIn
  /** Absent when none is configured. */
  readonly provider?: IdentityProvider
  readonly auditOf: (organisation: string, after: number, limit: number) => readonly AuditRow[]
  /** Why the broker should get no traffic now; undefined when it should. */
  readonly notReady: () => string | undefined
  readonly acting: Acting
  readonly metrics: () => readonly Metric[]
  readonly log: Log
}

type QueryAdvice = string | ((error: z.ZodError) => string)

/** What the OpenAPI document says where the schemas of query and answer do not say it. */
export interface Documented {
  readonly parameters?: Parameters
  /** By path parameter. */
  readonly path?: Readonly<Record<string, string>>
  /** Schema of the contract, by media type. */
  readonly schemas?: Readonly<Record<string, SchemaName>>
  /** By status. */
  readonly refusals?: Readonly<Record<string, string>>
}

interface Spec<Query extends z.ZodType, Body extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: `/${string}`
  /** One line of the documentation. */
  readonly summary: string
  readonly query?: Query
  /** What a wrong query is told. */
  readonly queryAdvice?: QueryAdvice
  readonly body?: Body
  /** The body as its bytes, for who must check a signature of them. */
  readonly raw?: true
  /** Its answer names people, hubs or devices by their own ids: not for research, which gets pseudonyms. */
  readonly identifies?: true
  readonly answer: z.ZodType | 'text'
  readonly documented?: Documented
  /** Its answers have an ETag. */
  readonly etag?: true
  /** Changes what others may have changed: If-Match must say which version was seen. */
  readonly needsMatch?: true
  /** Of the audit's row, where it is not the right's. */
  readonly audits?: string
}

interface Handlers<Query, Body> {
  anybody(call: Call<Query, Body>, ports: RoutePorts): Answer | Promise<Answer>
  session(call: SessionCall<Query, Body>, ports: RoutePorts): Answer | Promise<Answer>
  own(call: OwnCall<Query, Body>, ports: RoutePorts): Said | Promise<Said>
  citizen(call: CitizenCall<Query, Body>, ports: RoutePorts): Said | Promise<Said>
}

/** A line of the table, whatever its query and body are. */
export interface Route {
  readonly method: Spec<z.ZodType, z.ZodType>['method']
  readonly path: string
  readonly summary: string
  readonly access: Access
  readonly query: z.ZodType
  readonly queryAdvice: QueryAdvice
  readonly body: z.ZodType | undefined
  readonly raw: boolean
  readonly identifies: boolean
  readonly answer: z.ZodType | 'text'
  readonly documented: Documented
  readonly etag: boolean
  readonly needsMatch: boolean
  /** Written before the answer leaves; every route that asks for a right has one. */
  readonly audits: string | undefined
  readonly handle: (call: CitizenCall<unknown, unknown>, ports: RoutePorts) => Said | Promise<Said>
}

function line<Q extends z.ZodType, B extends z.ZodType>(
  spec: Spec<Q, B>,
  access: Access,
  handle: (call: CitizenCall<z.output<Q>, z.output<B>>, ports: RoutePorts) => Said | Promise<Said>,
): Route {
  const { method, path, summary, answer, body } = spec
  return {
    method,
    path,
    summary,
    access,
    query: spec.query ?? z.strictObject({}),
    queryAdvice: spec.queryAdvice ?? 'This address takes no parameters.',
    body,
    raw: spec.raw === true,
    identifies: spec.identifies === true,
    answer,
    documented: spec.documented ?? {},
    etag: spec.etag === true,
    needsMatch: spec.needsMatch === true,
    audits: access.who === 'right' ? (spec.audits ?? access.action) : undefined,
    // The framework has parsed query and body by these very schemas.
    handle: (call, ports) => handle(call as CitizenCall<z.output<Q>, z.output<B>>, ports),
  }
}

/** For everybody, or for who operates the broker: shows nothing of a citizen. */
export function openRoute<Q extends z.ZodType, B extends z.ZodType>(
  spec: Spec<Q, B> & { readonly who: 'anybody' | 'operator' },
  handle: Handlers<z.output<Q>, z.output<B>>['anybody'],
): Route {
  return line(spec, { who: spec.who }, handle)
}

/** For a person who has signed in, about the session itself. */
export function sessionRoute<Q extends z.ZodType, B extends z.ZodType>(
  spec: Spec<Q, B>,
  handle: Handlers<z.output<Q>, z.output<B>>['session'],
): Route {
  const asked = (call: unknown, ports: RoutePorts) => handle(call as SessionCall<z.output<Q>, z.output<B>>, ports)
  return line(spec, { who: 'session' }, asked)
}

/** Within the caller's own organisation, which no parameter can change. */
export function ownRoute<Q extends z.ZodType, B extends z.ZodType>(
  spec: Spec<Q, B> & { readonly action: Action },
  handle: Handlers<z.output<Q>, z.output<B>>['own'],
): Route {
  return line(spec, { who: 'right', action: spec.action, on: 'own-organisation' }, handle)
}

/** About the citizen in the path. */
export function citizenRoute<Q extends z.ZodType, B extends z.ZodType>(
  spec: Spec<Q, B> & { readonly action: Action; readonly path: `/${string}/:citizen${string}` },
  handle: Handlers<z.output<Q>, z.output<B>>['citizen'],
): Route {
  return line(spec, { who: 'right', action: spec.action, on: 'citizen' }, handle)
}
