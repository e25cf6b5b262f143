import { readFileSync } from 'node:fs'
import { createServer as createPlainServer } from 'node:net'
import { join } from 'node:path'
import { createServer, type TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Authority, openAuthority } from '../../broker/identity/authority.ts'
import { makeServer } from '../../broker/identity/x509.ts'
import { dialBroker, type LastAddress } from '../../gateway/dial.ts'
import type { HubIdentity } from '../../gateway/identity/slots.ts'
import { movableClock } from '../broker/identity/identity-fixture.ts'
import { manualClock } from '../support/manual-clock.ts'
import { tempDir } from '../support/temp-dir.ts'

/** Whom the hub takes for its broker: right and wrong certificates, with and without knowing the time. */

const DAY = 24 * 3600_000
const never = new AbortController().signal

interface Listening {
  readonly port: number
  /** Bytes of the application that arrived. */
  readonly heard: () => number
}

interface Stage {
  readonly authority: Authority
  /** A server with a certificate of the authority, or of `by`, for these names and days from now. */
  serve(options?: { names?: string[]; from?: number; to?: number; by?: string }): Promise<Listening>
  folder: string
}

async function stage(): Promise<Stage> {
  const folder = tempDir()
  const authority = await openAuthority(folder, undefined, movableClock())
  return {
    authority,
    folder,
    async serve({ names = ['localhost'], from = -1, to = 1, by = folder } = {}) {
      const issuer = {
        key: readFileSync(join(by, 'ca.key'), 'utf8'),
        certificate: readFileSync(join(by, 'ca.crt'), 'utf8'),
      }
      const now = Date.now()
      const made = await makeServer(issuer, names, { from: now + from * DAY, to: now + to * DAY })
      let heard = 0
      const sockets: TLSSocket[] = []
      const server = createServer(
        { key: made.key, cert: made.certificate, requestCert: true, rejectUnauthorized: false },
        (socket) => {
          sockets.push(socket)
          socket.on('error', () => undefined)
          socket.on('data', (chunk) => {
            heard += chunk.length
          })
        },
      )
      server.on('tlsClientError', () => undefined)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
      onTestFinished(() => {
        for (const socket of sockets) socket.destroy()
        server.close()
      })
      const address = server.address()
      return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, heard: () => heard }
    },
  }
}

async function dial(
  { authority }: Pick<Stage, 'authority'>,
  { port }: Listening,
  options: { wall?: number; floor?: number; host?: string; lastAddress?: LastAddress } = {},
): Promise<void> {
  const clock = manualClock({ wall: options.wall ?? Date.now() })
  clock.raiseFloor(options.floor ?? 0)
  const identity = { authority: authority.certificate } as HubIdentity
  const { lastAddress } = options
  const socket = await dialBroker({
    url: `mqtts://${options.host ?? 'localhost'}:${port}`,
    clock,
    identity: () => identity,
    ...(lastAddress && { lastAddress }),
  })(never)
  socket.destroy()
}

const UNTRUSTED = { code: 'server-untrusted' }

describe('a hub that knows the time', () => {
  test('finds its broker', async () => {
    const at = await stage()
    await expect(dial(at, await at.serve())).resolves.toBeUndefined()
  })

  test('says nothing to a server of the same name with a certificate of somebody else', async () => {
    const at = await stage()
    const rogue = await stage()
    const listening = await at.serve({ by: rogue.folder })
    await expect(dial(at, listening)).rejects.toMatchObject(UNTRUSTED)
    expect(listening.heard()).toBe(0)
  })

  test.each([
    ['of another host', { names: ['elsewhere.example'] }],
    ['that has ended', { from: -2, to: -1 }],
    ['that is not yet valid', { from: 1, to: 2 }],
  ])('refuses a certificate %s', async (_name, options) => {
    const at = await stage()
    await expect(dial(at, await at.serve(options))).rejects.toMatchObject(UNTRUSTED)
  })
})

describe('a hub that does not know the time', () => {
  const IN_1970 = { wall: Date.UTC(1970, 0, 2) }

  test('finds its broker, whose certificate is not yet valid by the clock of the machine', async () => {
    const at = await stage()
    await expect(dial(at, await at.serve({ from: 1, to: 2 }), IN_1970)).resolves.toBeUndefined()
    await expect(dial(at, await at.serve(), IN_1970)).resolves.toBeUndefined()
  })

  test('refuses what has ended before the last time it knows, whatever the machine says', async () => {
    const at = await stage()
    const floor = Date.now() + 10 * DAY
    await expect(dial(at, await at.serve({ from: 1, to: 9 }), { ...IN_1970, floor })).rejects.toMatchObject(UNTRUSTED)
    await expect(dial(at, await at.serve({ from: -1, to: 9 }), { ...IN_1970, floor })).rejects.toMatchObject(UNTRUSTED)
    await expect(dial(at, await at.serve({ from: 1, to: 11 }), { ...IN_1970, floor })).resolves.toBeUndefined()
  })

  test('refuses another authority and another host all the same', async () => {
    const [at, rogue] = [await stage(), await stage()]
    for (const options of [{ by: rogue.folder }, { names: ['elsewhere.example'] }]) {
      for (const from of [-1, 1]) {
        const listening = await at.serve({ from, to: 2, ...options })
        await expect(dial(at, listening, IN_1970)).rejects.toMatchObject(UNTRUSTED)
        expect(listening.heard()).toBe(0)
      }
    }
  })
})

describe('the address where the broker was last', () => {
  const remembered = (address: string | undefined): LastAddress & { readonly kept: string[] } => {
    const kept: string[] = []
    return { get: () => address, set: (next) => void kept.push(next), kept }
  }

  test('is tried when the name leads nowhere, and the name must still be proven', async () => {
    const at = await stage()
    const host = 'no-such-broker.invalid'
    const right = await at.serve({ names: [host] })
    await expect(dial(at, right, { host })).rejects.toMatchObject({ code: 'uplink-lost' })
    await dial(at, right, { host, lastAddress: remembered('127.0.0.1') })
    const wrong = await at.serve({ names: ['localhost'] })
    // The first fault is the one that is told: nothing answers under the name.
    await expect(dial(at, wrong, { host, lastAddress: remembered('127.0.0.1') })).rejects.toMatchObject({
      code: 'uplink-lost',
    })
    expect(wrong.heard()).toBe(0)
  })

  test('is noted when it is another, and not written again when it is the same', async () => {
    const at = await stage()
    const listening = await at.serve()
    const first = remembered(undefined)
    await dial(at, listening, { lastAddress: first })
    expect(first.kept).toEqual(['127.0.0.1'])
    const same = remembered('127.0.0.1')
    await dial(at, listening, { lastAddress: same })
    expect(same.kept).toEqual([])
  })
})

test('without a certificate the hub says so, and a plain server is no TLS', async () => {
  const clock = manualClock({ wall: Date.now() })
  const url = 'mqtts://127.0.0.1:1'
  await expect(dialBroker({ url, clock })(never)).rejects.toMatchObject({ code: 'certificate-ended' })
  const server = createPlainServer((socket) => socket.end('HTTP/1.1 400\r\n\r\n'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  await expect(dial(await stage(), { port, heard: () => 0 })).rejects.toMatchObject({ code: 'uplink-lost' })
})
