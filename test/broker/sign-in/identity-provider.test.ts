import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../../../broker/broker-clock.ts'
import { openIdentityProvider } from '../../../broker/sign-in/identity-provider.ts'

/** A real OpenID provider on this machine, and a browser that follows it around. */

const SECRET = 'a-secret-of-the-test'
const ORIGIN = 'http://127.0.0.1:1'

async function aProvider() {
  // It tells developers at length that it is in development mode, which is what is wanted here.
  for (const level of ['info', 'warn', 'error', 'log'] as const) vi.spyOn(console, level).mockReturnValue(undefined)
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'precare', client_secret: SECRET, redirect_uris: [`${ORIGIN}/v1/session/provider/back`] }],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
    cookies: { keys: ['a-key-of-the-test'] },
  })
  server.on('request', provider.callback())
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const lines: string[] = []
  const line = (event: string, fields?: object) => void lines.push(JSON.stringify({ event, ...fields }))
  const log = { debug: line, info: line, warn: line, error: line }
  const config = { issuer, clientId: 'precare', clientSecret: SECRET, origin: ORIGIN, plainText: true }
  return { issuer, lines, ours: openIdentityProvider(config, systemClock, log) }
}

/** Goes where it is sent until it is sent back to us; logs in and consents on the way. */
async function browse(start: string, login: string): Promise<URL> {
  const jar = new Map<string, string>()
  let url = start
  for (let hops = 0; hops < 20; hops += 1) {
    if (url.startsWith(ORIGIN)) return new URL(url)
    const asks = /\/interaction\/[^/]+$/.test(url)
    const prompt = asks ? await promptAt(url, jar) : undefined
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(prompt === undefined
        ? {}
        : { method: 'POST', body: new URLSearchParams({ prompt, login, password: 'any' }) }),
    })
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (name !== undefined) jar.set(name, value ?? '')
    }
    url = new URL(answer.headers.get('location') ?? '', url).href
  }
  throw new Error('sent around for ever')
}

async function promptAt(url: string, jar: Map<string, string>): Promise<string> {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const page = await (await fetch(url, { headers: { cookie } })).text()
  return page.includes('value="login"') ? 'login' : 'consent'
}

describe('an identity provider', () => {
  it('says who somebody is, once, to the browser that asked', { timeout: 30_000 }, async () => {
    const { ours, issuer } = await aProvider()
    const { url, transaction } = await ours.start()
    const query = Object.fromEntries((await browse(url, 'subject-42')).searchParams)
    const other = await ours.start()
    expect(await ours.finish(other.transaction, query)).toBeUndefined()
    expect(await ours.finish(transaction, query)).toEqual({ issuer, subject: 'subject-42' })
    expect(await ours.finish(transaction, query)).toBeUndefined()
  })

  it('is believed in nothing that it did not sign for us', async () => {
    const { ours, lines } = await aProvider()
    const { transaction } = await ours.start()
    expect(await ours.finish(transaction, { state: 'made-up', code: 'made-up' })).toBeUndefined()
    expect(await ours.finish('unknown', { state: 'x', code: 'y' })).toBeUndefined()
    expect(lines.join()).not.toContain('made-up')
  })

  it('that is down is said to be so, and asked again the next time', async () => {
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    const config = { issuer: 'http://127.0.0.1:9', clientId: 'precare', origin: ORIGIN, plainText: true }
    const ours = openIdentityProvider(config, systemClock, log)
    await expect(ours.start()).rejects.toMatchObject({ code: 'uplink-lost' })
    await expect(ours.start()).rejects.toMatchObject({ code: 'uplink-lost' })
  })
})
