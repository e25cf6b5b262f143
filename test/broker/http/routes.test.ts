import { readFileSync } from 'node:fs'
import type { FastifyRequest } from 'fastify'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Accounts } from '../../../broker/accounts.ts'
import { openTrail } from '../../../broker/audit/trail.ts'
import { systemClock } from '../../../broker/broker-clock.ts'
import { PAGE_ROUTES } from '../../../broker/clinic/page-routes.ts'
import { openApiDocument } from '../../../broker/documents/openapi.ts'
import { identify } from '../../../broker/http/identify.ts'
import { checkCookies, comesFromAForeignPage } from '../../../broker/http/register.ts'
import { citizenRoute, DENIED, openRoute, ownRoute, type Route } from '../../../broker/http/route.ts'
import { ROUTES_END, ROUTES_START, routeTable } from '../../../broker/http/route-table.ts'
import { ROUTES } from '../../../broker/http/routes.ts'
import { raiseVersion } from '../../../broker/registry-apply.ts'
import { revokeGrants } from '../../../broker/rights/apply-rights.ts'
import { RIGHTS, ROLES } from '../../../broker/rights/decide.ts'
import { revokeToken } from '../../../broker/rights/tokens.ts'
import { disableUser, verifyUser } from '../../../broker/rights/users.ts'
import { PreCareError } from '../../../device-drivers/errors.ts'
import { CHEAP } from '../../support/cheap-passwords.ts'
import { at, idOf, message, reading } from '../core-fixture.ts'
import { type House, openHouse } from './house.ts'

const guarded = ROUTES.filter(({ access }) => access.who === 'right')
const rightOf = (route: Route) => {
  if (route.access.who !== 'right') throw new Error('open to everybody')
  return { ...route.access, by: RIGHTS[route.access.action].by as readonly string[] }
}
const pathOf = (route: Route, citizen: string): string =>
  route.path
    .replace(':citizen', citizen)
    .replace(':name', 'alert')
    .replace(':alert', 'alert-0001')
    .replace(':pause', 'pause-0001')
    .replace(':quantity', 'systolic')
    .replace(':kind', 'blood-pressure')
    .replace(':device', 'cuff-0001')
    .replace(':file', 'index-1.js')
    .replace('Observation/:id', `Observation/${idOf('a')}`)
    .replace('Device/:id', 'Device/phd-cuff-0001')

/** What somebody with the right gets who sends nothing along. */
function statusWithNothing(route: Route): number {
  if (route.needsMatch) return 428
  if (route.body !== undefined) return 400
  return route.path.includes('/:pause') ? 404 : 200
}
/** Answers without anything sent along. */
const bare = guarded.filter((route) => statusWithNothing(route) === 200)

async function withReadings(): Promise<House> {
  const house = await openHouse()
  await house.core.send(
    'hub-0001',
    message(1, [reading('a'), reading('b'), reading('w', { device: 'scale-0001', kind: 'weight' })]),
  )
  return house
}

describe('every route', () => {
  test('is in the documentation as the table has it', () => {
    const readme = readFileSync(new URL('../../../broker/README.md', import.meta.url), 'utf8')
    const between = readme.split(ROUTES_START)[1]?.split(ROUTES_END)[0]?.trim()
    expect(between, 'put the output of `node broker/http/route-table.ts` between the markers').toBe(routeTable(ROUTES))
  })

  test('that is not open to everybody is refused to a stranger, with one and the same answer', async () => {
    const house = await openHouse()
    expect(guarded.length).toBeGreaterThan(2)
    for (const route of guarded) {
      for (const token of [undefined, 'nonsense', `pct_${'A'.repeat(43)}`]) {
        const answer = await house.get(pathOf(route, 'citizen-1'), token, { method: route.method })
        expect([route.path, answer.status]).toEqual([route.path, 401])
      }
    }
    // A stranger cannot fill the audit.
    expect(house.auditRows().filter((row) => String(row['action']).endsWith('.denied'))).toEqual([])
  })

  test('answers in the shape that the table says, and in no cache', async () => {
    const house = await withReadings()
    // What a provider sends is signed: receipt-route.test.ts.
    for (const route of ROUTES.filter(({ method, path }) => method === 'GET' && !path.includes('/provider'))) {
      const role = route.access.who === 'right' ? (rightOf(route).by[0] as 'client') : 'client'
      const cookie = await house.cookie()
      const path = pathOf(route, 'citizen-1')
      const answer =
        route.access.who === 'session'
          ? await house.get(path, undefined, { headers: { cookie } })
          : await house.get(path, await house.token('clinic', role))
      expect([route.path, answer.status]).toEqual([route.path, 200])
      // The page is a program and has rules of its own: page-routes.test.ts.
      if (PAGE_ROUTES.includes(route)) continue
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('content-security-policy')).toBe(
        "default-src 'none';frame-ancestors 'none';base-uri 'none';form-action 'none'",
      )
      expect([route.path, answer.headers.has('etag')]).toEqual([route.path, route.etag])
      if (route.answer !== 'text') expect(() => (route.answer as z.ZodType).parse({})).toThrow()
      if (route.answer !== 'text') (route.answer as z.ZodType).parse(await answer.json())
    }
  })

  const matrix = { timeout: 60_000 }
  test(
    'lets in the roles of its right and no other, and nobody to a foreign citizen (role x route x id)',
    matrix,
    async () => {
      let house = await withReadings()
      let checked = 0
      for (const [index, route] of guarded.entries()) {
        // One address gets 300 answers a minute.
        if (index > 0 && index % 8 === 0) house = await withReadings()
        const { by, on } = rightOf(route)
        for (const role of ['client', ...ROLES] as const) {
          const token = await house.token('clinic', role)
          // Own, another clinic's, nobody's, an organisation, a CPR number, a traversal.
          const ids =
            on === 'citizen'
              ? ['citizen-1', 'citizen-2', 'citizen-9', 'clinic', '0101011234', '%2e%2e%2fetc']
              : ['citizen-1']
          for (const id of ids) {
            const answer = await house.get(pathOf(route, id), token, { method: route.method })
            const allowed = by.includes(role) && id === 'citizen-1'
            const expected = allowed ? statusWithNothing(route) : on === 'citizen' ? 404 : 403
            expect([route.path, role, id, answer.status]).toEqual([route.path, role, id, expected])
            if (!allowed) expect(await answer.text()).not.toMatch(/citizen-|systolic|weight/)
            // A stream would go on, and its connection keep the server from closing.
            else await answer.body?.cancel()
            checked += 1
          }
        }
      }
      expect(checked).toBeGreaterThan(40)
    },
  )

  test('takes the organisation from the identity: no parameter can name another', async () => {
    const house = await withReadings()
    for (const route of guarded) {
      const token = await house.token('clinic', rightOf(route).by[0] as 'client')
      for (const extra of ['organisation=other', 'org=other', 'citizen=citizen-2', 'account=other']) {
        const { method } = route
        const answer = await house.get(`${pathOf(route, 'citizen-1')}?${extra}`, token, { method })
        const narrows = extra.startsWith('citizen=') && route.documented.parameters?.['citizen'] !== undefined
        expect([route.path, extra, answer.status]).toEqual([route.path, extra, narrows ? 200 : 400])
        if (narrows) expect(await answer.json()).toMatchObject({ items: [] })
      }
    }
  })

  test('leaves one row in the audit for each answer, in which who, whose, what and why', async () => {
    const house = await withReadings()
    const before = house.auditRows().length
    await house.get('/v1/citizens/citizen-1/readings?kind=blood-pressure', await house.token('clinic', 'nurse'))
    await house.get('/v1/readings?since=0&limit=10', await house.token('clinic', 'client'))
    await house.get('/v1/readings?since=2', await house.token('clinic', 'client'))
    await house.get('/v1/citizens/citizen-2/readings', await house.token('clinic', 'nurse'))
    expect(house.auditRows().slice(before)).toMatchObject([
      {
        action: 'readings.read',
        actor_type: 'user',
        actor: 'nurse-clinic',
        role: 'nurse',
        organisation: 'clinic',
        citizen: 'citizen-1',
        kinds: 'blood-pressure',
        purpose: 'treatment',
        count: 2,
      },
      { action: 'feed.read', actor_type: 'client', actor: 'client-clinic', first_cursor: 1, last_cursor: 2, count: 2 },
      { action: 'feed.read', count: 0, first_cursor: null },
      { action: 'readings.read.denied', actor: 'nurse-clinic', citizen: null, criticality: 'important' },
    ])
  })

  test('gives nothing when the audit cannot be written', async () => {
    const house = await withReadings()
    const tokens = { client: await house.token('clinic', 'client'), auditor: await house.token('clinic', 'auditor') }
    house.core.journal.database.exec(
      `CREATE TEMP TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END`,
    )
    // What changes something is asked the same beside what it changes.
    for (const route of bare) {
      const token = rightOf(route).by.includes('client') ? tokens.client : tokens.auditor
      const answer = await house.get(pathOf(route, 'citizen-1'), token)
      expect([route.path, answer.status]).toEqual([route.path, 503])
      const said = await answer.json()
      if (route.path.startsWith('/fhir/')) expect(said).toMatchObject({ issue: [{ code: 'transient' }] })
      else expect(said).toMatchObject({ error: { code: 'audit-failed' } })
    }
  })
})

test('lines and FHIR are in the audit before they leave, with whose readings they may hold', async () => {
  const house = await withReadings()
  const before = house.auditRows().length
  const token = await house.token('clinic', 'client')
  await house.get('/v1/readings', token, { headers: { accept: 'application/x-ndjson' } })
  await house.get('/fhir/Observation?patient=citizen-1', token)
  await house.get(`/fhir/Observation/${idOf('a')}`, token)
  await house.get('/v1/readings?citizen=citizen-2', token)
  expect(house.auditRows().slice(before)).toMatchObject([
    { action: 'feed.read', first_cursor: 1, last_cursor: 2, count: null },
    { action: 'feed.read', first_cursor: 1, last_cursor: 2, count: 2, citizen: 'citizen-1' },
    { action: 'feed.read', first_cursor: 1, last_cursor: 1, count: 1, citizen: 'citizen-1' },
    // Nobody of the clinic's: what it says is a stranger's text.
    { action: 'feed.read', first_cursor: null, count: 0, citizen: null },
  ])
})

describe('a research organisation', () => {
  test('finds its citizens under their pseudonyms only', async () => {
    const house = await withReadings()
    const token = await house.token('study', 'client')
    const feed = await (await house.get('/v1/readings', token)).text()
    const { items } = JSON.parse(feed) as { items: { citizen: string }[] }
    expect(items).toHaveLength(2)
    expect((await house.get('/v1/citizens/citizen-1/readings', token)).status).toBe(404)
    const own = await house.get(`/v1/citizens/${items[0]?.citizen}/readings`, token)
    const audit = await house.get('/v1/audit', await house.token('study', 'auditor'))
    const said = [feed, await own.text(), await audit.text()].join('\n')
    const elsewhere = await Promise.all(
      ['/fhir/Observation', '/fhir/Device', `/fhir/Observation?patient=${items[0]?.citizen}`].map(async (path) =>
        (await house.get(path, token)).text(),
      ),
    )
    const lines = await house.get('/v1/readings', token, { headers: { accept: 'application/x-ndjson' } })
    for (const text of [...elsewhere, await lines.text()]) {
      expect(text).toContain(
        items[0]?.citizen === undefined ? '?' : text.includes('Device"') ? 'phd-' : items[0].citizen,
      )
      expect(text).not.toMatch(/citizen-1|hub-0001|cuff-0001/)
      for (const id of [idOf('a'), idOf('b')]) expect(text).not.toContain(id)
    }
    // A pseudonym of a reading leads nowhere back; a search does.
    expect((await house.get(`/fhir/Observation/${idOf('a')}`, token)).status).toBe(404)
    expect(
      await house.get('/fhir/Observation?patient=citizen-1', token).then((answer) => answer.json()),
    ).not.toHaveProperty('entry')
    expect(own.status).toBe(200)
    expect(said).toContain('"systolic"')
    expect(said).not.toMatch(/citizen-1|hub-0001|cuff-0001/)
  })
})

test('a grant that was revoked by another process gives nothing more, from the next request on', async () => {
  const house = await withReadings()
  const { journal, clock } = house.core
  const paths = ['/v1/citizens/citizen-1/readings', '/v1/readings']
  const token = await house.token('clinic', 'client')
  const read = () =>
    Promise.all(
      paths.map(async (path) => {
        const answer = (await (await house.get(path, token)).json()) as { items?: unknown[] }
        return answer.items?.length
      }),
    )
  expect(await read()).toEqual([2, 2])
  const applying = { actor: { type: 'system', id: 'command-line' }, audit: openTrail(journal, clock) } as const
  journal.transaction(() => {
    revokeGrants(journal, { organisation: 'clinic', citizen: 'citizen-1' }, at(0), applying)
    raiseVersion(journal)
  })
  expect(await read()).toEqual([undefined, 0])
})

test('credentials that came over plain text from outside count for nothing', async () => {
  const house = await openHouse()
  const { journal, clock } = house.core
  const token = await house.token('clinic', 'nurse')
  const ports = {
    accounts: new Accounts(journal.database, systemClock, { passwordCost: CHEAP }),
    database: journal.database,
    clock,
  }
  const from = (ip: string, protocol: string, plainTextAllowed = false) =>
    identify({ ip, protocol, headers: { authorization: `Bearer ${token}` } } as FastifyRequest, {
      ...ports,
      plainTextAllowed,
    })
  const nurse = { id: 'nurse-clinic', role: 'nurse', organisation: 'clinic' }
  expect(await from('192.0.2.7', 'http')).toBe('plain')
  expect(await from('192.0.2.7', 'https')).toEqual(nurse)
  expect(await from('127.0.0.1', 'http')).toEqual(nurse)
  expect(await from('192.0.2.7', 'http', true)).toEqual(nurse)
})

describe('a token', () => {
  test('ends when it is revoked, when its time is over, and with its holder', async () => {
    const house = await openHouse()
    const { database } = house.core.journal
    const status = async (token: string) => (await house.get('/v1/citizens/citizen-1/readings', token)).status
    const nurse = await house.token('clinic', 'nurse')
    const physician = await house.token('clinic', 'physician')
    const client = await house.token('clinic', 'client')
    expect(await Promise.all([nurse, physician, client].map(status))).toEqual([200, 200, 200])
    const id = String(database.prepare(`SELECT id FROM tokens WHERE holder = 'nurse-clinic'`).get()?.['id'])
    revokeToken(database, id, house.core.clock.now())
    disableUser(database, systemClock, 'physician-clinic')
    expect(await Promise.all([nurse, physician, client].map(status))).toEqual([401, 401, 200])
    house.core.clock.time += 24 * 3600_000
    expect(await status(client)).toBe(401)
    house.core.clock.time += 1_000
    expect(await status(client)).toBe(401)
  })

  test('is stored as a hash only, and a name only beside its user', async () => {
    const house = await openHouse()
    const token = await house.token('clinic', 'nurse')
    const { database } = house.core.journal
    const tables = ['tokens', 'audit', 'users', 'accounts'] as const
    const dump = tables.map((table) => [table, JSON.stringify(database.prepare(`SELECT * FROM ${table}`).all())])
    for (const [table, rows] of dump) {
      expect(rows).not.toContain(token)
      if (table !== 'users') expect(rows).not.toContain('Jens')
    }
  })

  test('of a person is no password, and a wrong password is nobody', async () => {
    const house = await openHouse()
    const token = await house.token('clinic', 'nurse')
    const { database } = house.core.journal
    expect(await verifyUser(database, 'nurse-clinic', token)).toBeUndefined()
    expect(await verifyUser(database, 'nobody', 'x')).toBeUndefined()
  })
})

describe('what changes something', () => {
  const routes = [
    openRoute(
      {
        method: 'POST',
        path: '/open',
        who: 'anybody',
        summary: '',
        answer: 'text',
        body: z.strictObject({ a: z.int() }),
      },
      ({ body }) => ({ body }),
    ),
    ownRoute({ method: 'POST', path: '/own', action: 'users.manage', summary: '', answer: 'text' }, () => ({
      body: {},
    })),
    citizenRoute(
      { method: 'PUT', path: '/limits/:citizen', action: 'limits.set', summary: '', answer: 'text' },
      ({ citizen }) => ({ body: { citizen } }),
    ),
  ]
  const post = (body: string, headers: Record<string, string> = {}) => ({
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })

  test('is refused when another site made the page that asks', async () => {
    const house = await openHouse(routes)
    const send = async (headers: Record<string, string>) =>
      (await house.get('/open', undefined, post('{"a":1}', headers))).status
    expect(await send({})).toBe(200)
    expect(await send({ origin: house.server.url })).toBe(200)
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      expect([headers, await send(headers)]).toEqual([headers, 403])
    }
    expect(comesFromAForeignPage({ 'sec-fetch-site': 'same-site', host: 'a' })).toBe(true)
    expect(comesFromAForeignPage({ 'sec-fetch-site': 'same-origin', host: 'a' })).toBe(false)
  })

  test('takes JSON of the schema only, not too deep and not too long', async () => {
    const house = await openHouse(routes)
    const status = async (init: RequestInit) => (await house.get('/open', undefined, init)).status
    for (const body of [
      '{"a":"x"}',
      '{"a":1,"b":2}',
      'nonsense',
      `${'['.repeat(50_000 / 10)}`,
      '[[[[[[[[[[]]]]]]]]]]',
    ]) {
      expect([body.slice(0, 20), await status(post(body))]).toEqual([body.slice(0, 20), 400])
    }
    expect(await status(post(`{"a":1,"b":"${'x'.repeat(20_000)}"}`))).toBe(413)
    expect(await status({ ...post('a=1'), headers: { 'content-type': 'text/plain' } })).toBe(415)
  })

  test('is decided as reading is: by role and grant, and research may change nothing', async () => {
    const house = await openHouse(routes)
    const put = async (citizen: string, organisation: string, role: 'physician' | 'nurse') =>
      (await house.get(`/limits/${citizen}`, await house.token(organisation, role), { method: 'PUT' })).status
    expect(await put('citizen-1', 'clinic', 'physician')).toBe(200)
    expect(await put('citizen-1', 'clinic', 'nurse')).toBe(404)
    expect(await put('citizen-2', 'clinic', 'physician')).toBe(404)
    expect(await put('citizen-1', 'study', 'physician')).toBe(404)
  })
})

describe('what two people may change at the same time', () => {
  const line = { action: 'limits.set', summary: '', answer: 'text' } as const
  let kept = 'first'
  const routes = [
    citizenRoute({ ...line, method: 'GET', path: '/thing/:citizen', etag: true }, () => ({ body: {}, etag: kept })),
    citizenRoute(
      {
        ...line,
        method: 'PUT',
        path: '/thing/:citizen',
        etag: true,
        needsMatch: true,
        body: z.strictObject({ a: z.int() }),
      },
      ({ seenTag, audit, actor }) => {
        if (seenTag !== kept) throw new PreCareError('changed-meanwhile', 'what you saw has changed')
        kept = `${kept}-next`
        audit({ actor, action: 'thing.set', subject: kept })
        return { body: {}, etag: kept }
      },
    ),
    citizenRoute({ ...line, method: 'DELETE', path: '/thing/:citizen' }, () => DENIED),
    citizenRoute({ ...line, method: 'POST', path: '/thing/:citizen' }, () => {
      throw new PreCareError('limits-invalid', 'limits.warningLow: must be above alertLow; reason: say why')
    }),
  ]
  async function stage() {
    const house = await openHouse(routes)
    kept = 'first'
    const token = await house.token('clinic', 'physician')
    const send = async (method: string, match?: string, body: unknown = { a: 1 }) => {
      const headers = { 'content-type': 'application/json', ...(match === undefined ? {} : { 'if-match': match }) }
      const sent = method === 'GET' ? {} : { body: JSON.stringify(body) }
      const answer = await house.get('/thing/citizen-1', token, { method, headers, ...sent })
      return { status: answer.status, etag: answer.headers.get('etag'), said: await answer.json() }
    }
    const actions = () => house.auditRows().map(({ action }) => String(action))
    return { house, send, actions }
  }

  test('says its version, and is changed by who names it, once', async () => {
    const { send, actions } = await stage()
    expect(await send('GET')).toMatchObject({ status: 200, etag: '"first"' })
    expect(await send('PUT', '"first"')).toMatchObject({ status: 200, etag: '"first-next"' })
    const stale = await send('PUT', '"first"')
    expect(stale).toMatchObject({ status: 412, etag: null, said: { error: { code: 'changed-meanwhile' } } })
    expect(actions().filter((action) => action === 'thing.set')).toHaveLength(1)
    expect(actions().filter((action) => action === 'limits.set')).toHaveLength(1)
  })

  test('is not changed by who does not say what he saw', async () => {
    const { send } = await stage()
    for (const match of [undefined, '*', 'first', 'W/"first"', '"first", "second"', '""']) {
      const answer = await send('PUT', match)
      expect([match, answer.status]).toEqual([match, 428])
      expect(answer.said).toMatchObject({ error: { code: 'precondition-missing' } })
    }
    expect(kept).toBe('first')
  })

  test('is refused field by field, without what a stranger wrote in place of a field', async () => {
    const { send } = await stage()
    const wrong = (await send('PUT', '"first"', { a: 'x', 'Ragnhild Unmistakable': 1 })).said
    expect(wrong).toMatchObject({ error: { code: 'body-invalid', fields: [{ path: 'a' }, { path: 'body' }] } })
    expect(JSON.stringify(wrong)).not.toContain('Ragnhild')
    const thrown = await send('POST')
    expect(thrown.status).toBe(400)
    expect(thrown.said).toEqual({
      error: {
        code: 'limits-invalid',
        advice: 'limits.warningLow: must be above alertLow; reason: say why',
        fields: [
          { path: 'limits.warningLow', remedy: 'must be above alertLow' },
          { path: 'reason', remedy: 'say why' },
        ],
      },
    })
  })

  test('and that the caller may not know of is not there, and in the audit as denied', async () => {
    const { send, house } = await stage()
    expect(await send('DELETE')).toMatchObject({ status: 404, said: { error: { code: 'not-found' } } })
    expect(house.auditRows().at(-1)).toMatchObject({
      action: 'limits.set.denied',
      actor: 'physician-clinic',
      citizen: 'citizen-1',
      criticality: 'important',
    })
  })

  test('is documented so: the header it needs, what refuses, the tag of the answer', () => {
    const document = openApiDocument(routes)
    const { get, put } = document.paths['/thing/{citizen}'] ?? {}
    expect(put?.parameters).toContainEqual(expect.objectContaining({ name: 'If-Match', in: 'header', required: true }))
    expect(Object.keys(put?.responses ?? {})).toEqual(expect.arrayContaining(['400', '412', '428']))
    expect(get?.responses['200']).toMatchObject({ headers: { ETag: { required: true } } })
    expect(get?.parameters?.map(({ name }) => name)).toEqual(['citizen'])
  })
})

test('a cookie without its flags never leaves', () => {
  expect(() => checkCookies('__Host-session=x; Path=/; Secure; HttpOnly; SameSite=Lax')).not.toThrow()
  expect(() => checkCookies(undefined)).not.toThrow()
  for (const cookie of [
    'session=x; Secure; HttpOnly; SameSite=Lax',
    '__Host-session=x; HttpOnly; SameSite=Lax',
    '__Host-session=x; Secure; SameSite=Lax',
    '__Host-session=x; Secure; HttpOnly; SameSite=None',
  ]) {
    expect(() => checkCookies(['__Host-a=b; Secure; HttpOnly; SameSite=Strict', cookie])).toThrow('cookie')
  }
})
