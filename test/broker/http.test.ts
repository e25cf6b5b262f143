import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Accounts } from '../../broker/accounts.ts'
import { openTrail } from '../../broker/audit/trail.ts'
import { systemClock } from '../../broker/broker-clock.ts'
import type { FeedReading } from '../../broker/contract/messages.ts'
import { mayReadMetrics } from '../../broker/http/identify.ts'
import { type HttpPorts, type HttpServer, openHttp } from '../../broker/http.ts'
import type { Log, LogFields } from '../../broker/log.ts'
import { metric, renderMetrics } from '../../broker/metrics.ts'
import { openRegistry } from '../../broker/registry.ts'
import type { Replay } from '../../broker/replay/replay.ts'
import { createUser } from '../../broker/rights/users.ts'
import { openSignIn } from '../../broker/sign-in/sign-in.ts'
import { type Journal, openJournal } from '../../broker/store/journal.ts'
import { CHEAP } from '../support/cheap-passwords.ts'
import { nobodyActs } from './http/nobody-acts.ts'

let accounts: Accounts
let journal: Journal
const directory = mkdtempSync(join(tmpdir(), 'precare-http-'))
let clientPassword = ''
let hubPassword = ''
beforeAll(async () => {
  journal = openJournal(join(directory, 'journal.db'))
  accounts = new Accounts(journal.database, systemClock, { passwordCost: CHEAP })
  clientPassword = await accounts.create({ role: 'client', id: 'reader', organisation: 'org-north' })
  hubPassword = await accounts.create({ role: 'hub', id: 'hub-a' })
})
afterAll(() => {
  journal.close()
  rmSync(directory, { recursive: true })
})

let server: HttpServer
const lines: (LogFields & { event: string })[] = []
const line = (event: string, fields?: LogFields) => void lines.push({ event, ...fields })
const log: Log = { debug: line, info: line, warn: line, error: line }
afterEach(() => server.close())

const replayOf = (readings: Replay['readings']): Replay => ({ readings, reading: () => undefined })

function portsWith(more: Partial<HttpPorts>): HttpPorts {
  return {
    host: '127.0.0.1',
    port: 0,
    accounts,
    database: journal.database,
    registry: openRegistry(journal),
    audit: openTrail(journal, systemClock),
    clock: systemClock,
    plainTextAllowed: false,
    signIn: openSignIn({ database: journal.database, clock: systemClock, audit: openTrail(journal, systemClock) }),
    current: () => undefined,
    acting: nobodyActs(journal),
    readingsOf: () => [],
    auditOf: () => [],
    replay: replayOf((organisation, cursor, limit) => ({
      items: [{ organisation, cursor, limit } as unknown as FeedReading],
      next: cursor + limit,
      withheld: 0,
      newest: cursor + limit,
    })),
    devices: { all: () => [] },
    notReady: () => undefined,
    metrics: () => [metric('connections', 'Connected', 3)],
    log,
    ...more,
  }
}

async function open(more: Partial<HttpPorts> = {}): Promise<void> {
  lines.length = 0
  server = await openHttp(portsWith(more))
}

const basic = (id: string, password: string) => ({
  headers: { authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}` },
})

test('a client reads the feed of its own organisation, and says only where to go on', async () => {
  await open()
  const answer = await fetch(`${server.url}/v1/readings?since=41&limit=7`, basic('reader', clientPassword))
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({
    items: [{ organisation: 'org-north', cursor: 41, limit: 7 }],
    next: 48,
    withheld: 0,
    newest: 48,
  })
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(lines).toEqual([{ event: 'feed-read', account: 'reader', organisation: 'org-north', count: 1 }])
})

test('nobody else reads anything: no password, a wrong one, a hub, garbage', async () => {
  await open()
  const garbage = { headers: { authorization: 'Basic ====' } }
  for (const who of [{}, basic('reader', 'wrong'), basic('hub-a', hubPassword), basic('', ''), garbage]) {
    const answer = await fetch(`${server.url}/v1/readings`, who)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain('Basic')
    expect(await answer.json()).toMatchObject({ error: { code: 'access-denied', advice: expect.any(String) } })
  }
  expect(lines).toEqual([])
})

test('the organisation cannot be asked for, and limits are bounded', async () => {
  await open()
  for (const query of ['organisation=org-south', 'since=-1', 'since=x', 'limit=0', 'limit=1001', 'since=1.5']) {
    const answer = await fetch(`${server.url}/v1/readings?${query}`, basic('reader', clientPassword))
    expect([query, answer.status]).toEqual([query, 400])
    expect(await answer.json()).toMatchObject({ error: { code: 'query-invalid' } })
  }
})

test('everything else is 404 as JSON, with headers that let nothing run', async () => {
  await open()
  for (const path of ['/', '/v1', '/v1/readings/x', '/../etc/passwd', '/%00']) {
    const answer = await fetch(`${server.url}${path}`)
    expect([400, 404]).toContain(answer.status)
    expect(await answer.json()).toMatchObject({ error: { advice: expect.any(String) } })
  }
  const answer = await fetch(`${server.url}/v1/readings`, { method: 'POST' })
  expect(answer.status).toBe(404)
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
})

test('tells the living from the ready', async () => {
  let reason: string | undefined
  await open({ notReady: () => reason })
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  reason = 'publishing hangs'
  const answer = await fetch(`${server.url}/readyz`)
  expect(answer.status).toBe(503)
  expect(await answer.json()).toEqual({ error: { code: 'not-ready', advice: 'publishing hangs' } })
})

test('metrics are for this machine, and for who has the token', () => {
  const token = 'a-token-of-sixteen'
  expect(mayReadMetrics('127.0.0.1', undefined, undefined)).toBe(true)
  expect(mayReadMetrics('172.17.0.1', undefined, undefined)).toBe(false)
  expect(mayReadMetrics('172.17.0.1', 'Bearer undefined', undefined)).toBe(false)
  expect(mayReadMetrics('172.17.0.1', undefined, token)).toBe(false)
  expect(mayReadMetrics('172.17.0.1', 'Bearer a-token-of-sixteem', token)).toBe(false)
  expect(mayReadMetrics('172.17.0.1', `Bearer ${token}`, token)).toBe(true)
})

test('metrics are Prometheus text', async () => {
  await open()
  const answer = await fetch(`${server.url}/metrics`)
  expect(answer.headers.get('content-type')).toContain('version=0.0.4')
  expect(await answer.text()).toBe(
    '# HELP precare_connections Connected\n# TYPE precare_connections gauge\nprecare_connections 3\n',
  )
  expect(renderMetrics([metric('readings_stored_total', 'Stored', [['a"b\n', 2]])])).toContain(
    'precare_readings_stored_total{hub="a\\"b\\n"} 2',
  )
})

test('a failing store is an answer with advice, not a stack trace', async () => {
  await open({
    replay: replayOf(() => {
      throw new Error('SELECT secret FROM table')
    }),
  })
  const answer = await fetch(`${server.url}/v1/readings`, basic('reader', clientPassword))
  expect(answer.status).toBe(500)
  expect(await answer.text()).not.toContain('SELECT')
  expect(lines).toEqual([{ event: 'http-failed', reason: 'SELECT secret FROM table' }])
})

test('one address gets 300 answers a minute', async () => {
  await open()
  const { hostname, port } = new URL(server.url)
  const status = () =>
    new Promise<number>((resolve, reject) => {
      request({ hostname, port, path: '/healthz' }, (answer) => resolve(answer.resume().statusCode ?? 0))
        .on('error', reject)
        .end()
    })
  const all = await Promise.all(Array.from({ length: 305 }, status))
  expect(all.filter((code) => code === 200)).toHaveLength(300)
  expect(all.filter((code) => code === 429)).toHaveLength(5)
})

test('a port in use is an error that says so', async () => {
  await open()
  const taken = Number(new URL(server.url).port)
  await expect(openHttp(portsWith({ port: taken }))).rejects.toMatchObject({ code: 'listen-failed' })
})

test('a session has 300 answers of its own, and one that nobody began counts as its address', async () => {
  const nurse = { id: 'nurse-0001', organisation: 'org-north', role: 'nurse', displayName: 'Karen' } as const
  await createUser(journal.database, systemClock, nurse, CHEAP)
  await open()
  const { hostname, port } = new URL(server.url)
  const status = (cookie: string) =>
    new Promise<number>((resolve, reject) => {
      const headers = { cookie: `__Host-precare=${cookie}` }
      request({ hostname, port, path: '/healthz', headers }, (answer) => resolve(answer.resume().statusCode ?? 0))
        .on('error', reject)
        .end()
    })
  const { sessions } = portsWith({}).signIn
  const [karen, again] = [sessions.begin('nurse-0001', 'totp').cookie, sessions.begin('nurse-0001', 'totp').cookie]
  const all = await Promise.all(Array.from({ length: 305 }, () => status(karen)))
  expect(all.filter((code) => code === 429)).toHaveLength(5)
  expect(await status(again)).toBe(200)
  // Made up ones get nothing for themselves.
  const madeUp = Array.from({ length: 305 }, (_, index) => status(`${index}`.padStart(43, 'A')))
  expect((await Promise.all(madeUp)).filter((code) => code === 429)).toHaveLength(5)
})
