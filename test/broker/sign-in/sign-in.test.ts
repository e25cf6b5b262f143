import { Secret, TOTP } from 'otpauth'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../broker/broker-clock.ts'
import { createUser, disableUser } from '../../../broker/rights/users.ts'
import { ABSOLUTE_MS, IDLE_MS } from '../../../broker/sign-in/sessions.ts'
import { CHEAP } from '../../support/cheap-passwords.ts'
import { openHouse } from '../http/house.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

async function aNurse() {
  const house = await openHouse()
  const { journal, clock } = house.core
  const user = { id: 'nurse-0001', organisation: 'clinic', role: 'nurse', displayName: 'Karen Holm' } as const
  const password = await createUser(journal.database, { ...systemClock, now: clock.now }, user, CHEAP)
  const send = (method: string, path: string, body?: unknown, cookie = '') =>
    fetch(`${house.server.url}${path}`, {
      method,
      headers: { cookie, ...(body === undefined ? {} : JSON_TYPE) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const signIn = (more: object = {}) => send('POST', '/v1/session', { user: user.id, password, ...more })
  const codeOf = (secret: string) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: clock.now() })
  return { ...house, clock, journal, password, send, signIn, codeOf }
}

const cookieOf = (answer: Response): string => answer.headers.get('set-cookie')?.split(';')[0] ?? ''

async function withFactor() {
  const nurse = await aNurse()
  const first = cookieOf(await nurse.signIn())
  const { secret } = (await (await nurse.send('POST', '/v1/session/factor', undefined, first)).json()) as {
    secret: string
  }
  const confirmed = await nurse.send('PUT', '/v1/session/factor', { code: nurse.codeOf(secret) }, first)
  return { ...nurse, secret, first, cookie: cookieOf(confirmed) }
}

describe('signing in', () => {
  it('lets nobody see a thing with a password alone', async () => {
    const { signIn, send } = await aNurse()
    const answer = await signIn()
    expect(await answer.json()).toMatchObject({ user: 'nurse-0001', role: 'nurse', factorMissing: true })
    const asked = await send('GET', '/v1/readings', undefined, cookieOf(answer))
    expect([asked.status, await asked.json()]).toMatchObject([403, { error: { code: 'factor-missing' } }])
  })

  it('gives a session that reads, with a cookie that stays on this site', async () => {
    const { send, cookie, first, signIn, secret, codeOf, clock } = await withFactor()
    expect((await send('GET', '/v1/readings', undefined, cookie)).status).toBe(200)
    expect((await send('GET', '/v1/session', undefined, first)).status).toBe(403)
    clock.time += 30_000
    const again = await signIn({ code: codeOf(secret) })
    expect(again.headers.get('set-cookie')).toMatch(
      /^__Host-precare=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=28800$/,
    )
  })

  it('takes each code once, also of two at the same time', async () => {
    const { signIn, secret, codeOf, clock } = await withFactor()
    clock.time += 30_000
    const answers = await Promise.all([1, 2, 3].map(() => signIn({ code: codeOf(secret) })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403, 403])
  })

  it('asks for the code by name, and shows the secret of a second factor once only', async () => {
    const { signIn, send, cookie } = await withFactor()
    expect(await (await signIn()).json()).toMatchObject({ error: { code: 'code-wanted' } })
    expect((await send('POST', '/v1/session/factor', undefined, cookie)).status).toBe(403)
  })

  it('ends a session that is not used, and any at the end of its day', async () => {
    const { send, cookie, clock } = await withFactor()
    clock.time += IDLE_MS - 1_000
    expect((await send('GET', '/v1/session', undefined, cookie)).status).toBe(200)
    clock.time += IDLE_MS - 1_000
    expect((await send('GET', '/v1/session', undefined, cookie)).status).toBe(200)
    clock.time += IDLE_MS + 1_000
    expect((await send('GET', '/v1/session', undefined, cookie)).status).toBe(403)
    const other = await withFactor()
    for (let passed = 0; passed < ABSOLUTE_MS; passed += IDLE_MS / 2) {
      other.clock.time += IDLE_MS / 2
      await other.send('GET', '/v1/session', undefined, other.cookie)
    }
    expect((await other.send('GET', '/v1/session', undefined, other.cookie)).status).toBe(403)
  })

  it('ends with a sign-out, and with the user', async () => {
    const { send, cookie } = await withFactor()
    const out = await send('DELETE', '/v1/session', undefined, cookie)
    expect(out.headers.get('set-cookie')).toMatch(/Max-Age=0/)
    expect((await send('GET', '/v1/session', undefined, cookie)).status).toBe(403)
    const gone = await withFactor()
    disableUser(gone.journal.database, systemClock, 'nurse-0001')
    expect((await gone.send('GET', '/v1/session', undefined, gone.cookie)).status).toBe(403)
  })

  it('stops after five wrong tries, also for who knows the password, and says neither what was wrong nor who exists', async () => {
    const { send, password } = await aNurse()
    const tries = ['nurse-0001', 'nurse-9999'].map((user) => ({ user, password: 'wrong' }))
    const bodies = await Promise.all(tries.map(async (body) => (await send('POST', '/v1/session', body)).text()))
    expect(bodies[0]).toBe(bodies[1])
    for (let i = 0; i < 4; i += 1) await send('POST', '/v1/session', { user: 'nurse-0001', password: 'wrong' })
    expect((await send('POST', '/v1/session', { user: 'nurse-0001', password })).status).toBe(429)
  })

  it('is refused to the page of another site', async () => {
    const { server, password } = await aNurse()
    const answer = await fetch(`${server.url}/v1/session`, {
      method: 'POST',
      headers: { ...JSON_TYPE, origin: 'https://elsewhere.example' },
      body: JSON.stringify({ user: 'nurse-0001', password }),
    })
    expect(answer.status).toBe(403)
  })

  it('is in the audit, and neither password, code nor cookie is in the log', async () => {
    const { auditRows, lines, cookie, password, secret } = await withFactor()
    expect(auditRows().map((row) => row['action'])).toEqual(['session.begin', 'factor.confirm', 'session.begin'])
    for (const told of [password, secret, cookie.slice(15), 'Karen']) expect(JSON.stringify(lines)).not.toContain(told)
  })
})
