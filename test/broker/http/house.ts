import { onTestFinished } from 'vitest'
import { Accounts } from '../../../broker/accounts.ts'
import { auditOf } from '../../../broker/audit/read.ts'
import { openTrail } from '../../../broker/audit/trail.ts'
import { systemClock } from '../../../broker/broker-clock.ts'
import { type Clinic, openClinic } from '../../../broker/clinic/clinic.ts'
import type { PageFiles } from '../../../broker/clinic/page-files.ts'
import { openFhirDevices } from '../../../broker/fhir/devices.ts'
import type { Route } from '../../../broker/http/route.ts'
import { type HttpServer, openHttp } from '../../../broker/http.ts'
import { HubStates } from '../../../broker/hub-states.ts'
import type { LogFields } from '../../../broker/log.ts'
import { metric } from '../../../broker/metrics.ts'
import { openRegistry } from '../../../broker/registry.ts'
import type { Role } from '../../../broker/rights/decide.ts'
import { createToken } from '../../../broker/rights/tokens.ts'
import { createUser } from '../../../broker/rights/users.ts'
import { openSignIn, type SignIn } from '../../../broker/sign-in/sign-in.ts'
import { readingsOf } from '../../../broker/store/readings.ts'
import { CHEAP } from '../../support/cheap-passwords.ts'
import { at, type Core, DOCUMENT, openCore } from '../core-fixture.ts'

/** Two clinics, a study, a citizen of each clinic; everybody who may call has a token. */
export const HOUSE = {
  ...DOCUMENT,
  organisations: [
    { id: 'clinic', title: 'The clinic' },
    { id: 'other', title: 'Another' },
    { id: 'study', title: 'A study', type: 'research' },
  ],
  assignments: [...DOCUMENT.assignments, { device: 'scale-0001', citizen: 'citizen-2', from: at(-9000) }],
  grants: [
    ...DOCUMENT.grants,
    { organisation: 'other', citizen: 'citizen-2', from: at(-9000), purpose: 'care' },
    { organisation: 'study', citizen: 'citizen-1', from: at(-9000), purpose: 'research' },
  ],
}

export interface House {
  readonly core: Core
  readonly server: HttpServer
  readonly clinic: Clinic
  readonly signIn: SignIn
  /** What hubs have told. */
  readonly states: HubStates
  readonly lines: (LogFields & { event: string })[]
  /** A Bearer token of a person with this role, or of a system. */
  token(organisation: string, role: Role | 'client'): Promise<string>
  /** Of a nurse who has signed in. */
  cookie(): Promise<string>
  get(path: string, token?: string, init?: RequestInit): Promise<Response>
  auditRows(): readonly Record<string, unknown>[]
}

const PAGE: PageFiles = new Map([
  ['index.html', { body: Buffer.from('<!doctype html>'), type: 'text/html; charset=utf-8' }],
  ['assets/index-1.js', { body: Buffer.from('1'), type: 'text/javascript; charset=utf-8' }],
])

export async function openHouse(
  routes?: readonly Route[],
  document: object = HOUSE,
  pageFiles: PageFiles = PAGE,
): Promise<House> {
  const core = openCore(undefined, document)
  const { journal, clock, ingest } = core
  const lines: (LogFields & { event: string })[] = []
  const line = (event: string, fields?: LogFields) => void lines.push({ event, ...fields })
  const log = { debug: line, info: line, warn: line, error: line }
  const registry = openRegistry(journal)
  const accounts = new Accounts(journal.database, { ...systemClock, now: clock.now }, { passwordCost: CHEAP })
  const signIn = openSignIn({
    database: journal.database,
    clock: { ...systemClock, now: clock.now },
    audit: openTrail(journal, clock),
  })
  const states = new HubStates()
  const clinic = openClinic({
    journal,
    registry,
    clock: { ...systemClock, now: clock.now },
    audit: openTrail(journal, clock),
    log,
    hub: (hub) => states.hub(hub),
  })
  const server = await openHttp({
    host: '127.0.0.1',
    port: 0,
    accounts,
    database: journal.database,
    registry,
    audit: openTrail(journal, clock),
    clock,
    plainTextAllowed: false,
    signIn,
    // As broker.ts does, whose registry is the same one.
    current: () => {
      if (registry.refresh()) ingest.refresh()
    },
    replay: core.replay,
    alerts: { alerts: () => ({ items: [], next: 0, withheld: 0, newest: 0 }) },
    devices: openFhirDevices(journal, registry, clock, () => undefined),
    acting: core,
    readingsOf: (...asked) => readingsOf(journal, ...asked),
    auditOf: (...asked) => auditOf(journal, ...asked),
    notReady: () => undefined,
    metrics: () => [metric('connections', 'Connected', 3)],
    clinic,
    pageFiles,
    requestsPerMinute: 10_000,
    log,
    ...(routes === undefined ? {} : { table: routes }),
  })
  onTestFinished(async () => {
    clinic.changes.close()
    await server.close()
  })
  const tokens = new Map<string, string>()
  const insert = journal.database.prepare(
    `INSERT INTO accounts (id, role, organisation, secret, created_at) VALUES (?, 'client', ?, '', '')`,
  )
  const token: House['token'] = async (organisation, role) => {
    const id = `${role}-${organisation}`
    const known = tokens.get(id)
    if (known !== undefined) return known
    if (role === 'client') insert.run(id, organisation)
    else {
      const clockOfUsers = { ...systemClock, now: clock.now }
      await createUser(journal.database, clockOfUsers, { id, organisation, role, displayName: 'Jens Hansen' }, CHEAP)
    }
    const made = createToken(journal.database, id, 1, clock.now())
    tokens.set(id, made.token)
    return made.token
  }
  return {
    core,
    server,
    clinic,
    signIn,
    states,
    lines,
    token,
    async cookie() {
      await token('clinic', 'nurse')
      return `__Host-precare=${signIn.sessions.begin('nurse-clinic', 'totp').cookie}`
    },
    get: (path, token, init = {}) =>
      fetch(`${server.url}${path}`, {
        ...init,
        headers: { ...init.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      }),
    auditRows: () => journal.database.prepare('SELECT * FROM audit ORDER BY position').all(),
  }
}
