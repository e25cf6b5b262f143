import { onTestFinished } from 'vitest'
import { Accounts } from '../../broker/accounts.ts'
import { openTrail } from '../../broker/audit/trail.ts'
import { systemClock } from '../../broker/broker-clock.ts'
import { openFhirDevices } from '../../broker/fhir/devices.ts'
import { openHttp } from '../../broker/http.ts'
import { openAlertReplay } from '../../broker/replay/alerts.ts'
import { openSignIn } from '../../broker/sign-in/sign-in.ts'
import { CHEAP } from '../support/cheap-passwords.ts'
import { type Core, DOCUMENT, openCore } from './core-fixture.ts'

/** The real core behind the real HTTP server, with one client of the organisation `clinic` and one of `other`. */

export interface Web {
  readonly core: Core
  readonly url: string
  get(path: string, options?: { as?: 'clinic' | 'other' | 'nobody'; accept?: string }): Promise<Response>
  json(path: string, as?: 'clinic' | 'other'): Promise<unknown>
}

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

export async function openWeb(document: Record<string, unknown> = {}): Promise<Web> {
  const core = openCore(undefined, {
    ...DOCUMENT,
    organisations: [...DOCUMENT.organisations, { id: 'other', title: 'Another' }],
    ...document,
  })
  const accounts = new Accounts(core.journal.database, systemClock, { passwordCost: CHEAP })
  const [clinic, other] = await Promise.all([
    accounts.create({ role: 'client', id: 'reader', organisation: 'clinic' }),
    accounts.create({ role: 'client', id: 'stranger', organisation: 'other' }),
  ])
  const passwords = { clinic, other }
  const { registry } = core
  const table = core.journal.database.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'alert_transitions'`).get()
  const server = await openHttp({
    host: '127.0.0.1',
    port: 0,
    accounts,
    database: core.journal.database,
    registry,
    audit: openTrail(core.journal, core.clock),
    clock: core.clock,
    plainTextAllowed: false,
    current: () => undefined,
    acting: core,
    readingsOf: () => [],
    auditOf: () => [],
    signIn: openSignIn({
      database: core.journal.database,
      clock: systemClock,
      audit: openTrail(core.journal, core.clock),
    }),
    replay: core.replay,
    ...(table === undefined ? {} : { alerts: openAlertReplay(core.journal, registry, core.clock) }),
    devices: openFhirDevices(core.journal, registry, core.clock, () => ({
      driver: 'x',
      model: 'M6',
      batteryPercent: 60,
    })),
    notReady: () => undefined,
    metrics: () => [],
    log: SILENT,
  })
  onTestFinished(() => server.close())
  const get: Web['get'] = (path, { as = 'clinic', accept } = {}) => {
    const id = as === 'clinic' ? 'reader' : 'stranger'
    const headers: Record<string, string> = accept === undefined ? {} : { accept }
    if (as !== 'nobody') {
      headers['authorization'] = `Basic ${Buffer.from(`${id}:${passwords[as]}`).toString('base64')}`
    }
    return fetch(path.startsWith('http') ? path : `${server.url}${path}`, { headers })
  }
  return { core, url: server.url, get, json: async (path, as = 'clinic') => (await get(path, { as })).json() }
}
