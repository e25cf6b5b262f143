import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls'
import mqtt, { type MqttClient } from 'mqtt'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openAuthority } from '../../../broker/identity/authority.ts'
import { issueClient, makeAuthority, readRequest } from '../../../broker/identity/x509.ts'
import { type MqttBroker, openMqttBroker } from '../../../broker/mqtt-broker.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { closed, outgoing } from '../mqtt-fixture.ts'
import { type IdentityPlace, identityPlace, newRequest } from './identity-fixture.ts'

/** Who gets in over TLS, with which certificate, and for how long. */

interface Shown {
  readonly key: string
  readonly cert: string
}

interface Place extends IdentityPlace {
  readonly broker: MqttBroker
  readonly accepted: string[]
  readonly cloned: string[]
  /** A certificate of the broker's own authority. */
  certificate(id: string): Promise<Shown>
  /** Connects as `clientId`; rejects when refused, with CONNACK's code or that of TLS. */
  connect(clientId: string, shown?: Partial<Shown>, more?: mqtt.IClientOptions): Promise<MqttClient>
}

async function place(): Promise<Place> {
  const identities = await identityPlace()
  const { accounts, certificates, authority, clock, log, journal } = identities
  for (const id of ['hub-a', 'hub-b']) accounts.admitHub(id)
  const accepted: string[] = []
  const cloned: string[] = []
  const broker = await openMqttBroker({
    host: '127.0.0.1',
    port: 0,
    tls: { host: '127.0.0.1', port: 0, identity: identities.tls() },
    accounts,
    certificates,
    clock,
    log,
    accept: async (hub) => void accepted.push(hub),
    onClone: (account) => void cloned.push(account),
  })
  onTestFinished(() => broker.close())
  const clients: MqttClient[] = []
  onTestFinished(() => {
    for (const client of clients) client.end(true)
  })
  return {
    ...identities,
    broker,
    accepted,
    cloned,
    async certificate(id) {
      const { key, request } = newRequest()
      const cert = await authority.issueClient(id, await readRequest(request))
      journal.transaction(() => certificates.record(id, cert))
      return { key, cert }
    },
    async connect(clientId, shown = {}, more = {}) {
      const client = mqtt.connect(broker.tlsUrl ?? '', {
        clientId,
        ca: authority.certificate,
        reconnectPeriod: 0,
        ...shown,
        ...more,
      })
      clients.push(client)
      await new Promise<void>((resolve, reject) => {
        client.once('connect', () => resolve())
        client.once('error', reject)
        client.once('close', () => reject(new Error('closed before CONNACK')))
      })
      client.on('error', () => undefined)
      return client
    },
  }
}

const NOT_AUTHORISED = { code: 5 }
const IDENTIFIER_REJECTED = { code: 2 }

describe('over TLS', () => {
  test('a hub gets in by its certificate alone, and is who the certificate says', async () => {
    const { connect, certificate, accepted } = await place()
    const hub = await connect('hub-a', await certificate('hub-a'))
    await hub.publishAsync('v1/hubs/hub-a/readings', '{}', { qos: 1 })
    expect(accepted).toEqual(['hub-a'])
  })

  test('it can be nobody else: not by client id, not by user name', async () => {
    const { connect, certificate, broker } = await place()
    const shown = await certificate('hub-a')
    const victim = await connect('hub-b', await certificate('hub-b'))
    await expect(connect('hub-b', shown)).rejects.toMatchObject(IDENTIFIER_REJECTED)
    await expect(connect('hub-b', shown, { username: 'hub-b', password: 'x' })).rejects.toMatchObject(
      IDENTIFIER_REJECTED,
    )
    expect(victim.connected, 'and was not thrown out').toBe(true)
    expect(broker.counts().connected).toBe(1)
  })

  test('without a certificate a hub is refused even with its password; a clinic gets in with one', async () => {
    const { connect, accounts } = await place()
    const hub = await accounts.create({ role: 'hub', id: 'hub-c' })
    const clinic = await accounts.create({ role: 'client', id: 'clinic-reader', organisation: 'org-north' })
    await expect(connect('hub-c')).rejects.toMatchObject(NOT_AUTHORISED)
    await expect(connect('hub-c', {}, { username: 'hub-c', password: hub })).rejects.toMatchObject(NOT_AUTHORISED)
    const reader = await connect('clinic-reader', {}, { username: 'clinic-reader', password: clinic })
    expect(reader.connected).toBe(true)
  })

  test('a clinic gets in by certificate, under several client ids, and reads its own organisation only', async () => {
    const { connect, certificate, accounts } = await place()
    await accounts.create({ role: 'client', id: 'clinic-reader', organisation: 'org-north' })
    const shown = await certificate('clinic-reader')
    const clinic = await connect('clinic-reader:desk-1', shown)
    await connect('clinic-reader:desk-2', shown)
    expect(await clinic.subscribeAsync('v1/orgs/org-north/#')).toMatchObject([{ qos: 0 }])
    await expect(clinic.subscribeAsync('v1/orgs/org-south/#')).rejects.toThrow(/Subscribe error/)
  })

  test.each<[string, (place: Place) => Promise<Shown>]>([
    ['of another authority', async ({ clock }) => strangerSigned(await openAuthority(tempDir(), undefined, clock))],
    ['that signed itself', selfSigned],
    [
      'of a disabled account',
      async ({ certificate, accounts }) => {
        accounts.disable('hub-a')
        return certificate('hub-a')
      },
    ],
    ['of an account that never was', ({ certificate }) => certificate('hub-x')],
    ['that has ended', async ({ folder, clock }) => issued(folder, clock.now() - 2_000_000, clock.now() - 1_000)],
    [
      'that is not yet valid',
      async ({ folder, clock }) => issued(folder, clock.now() + 60_000, clock.now() + 2_000_000),
    ],
    ["that is a server's", async ({ authority }) => serverShown(await authority.issueServer(['hub-a']))],
  ])('a certificate %s is refused', async (_name, make) => {
    const at = await place()
    const shown = await make(at)
    const clientId = _name === 'of an account that never was' ? 'hub-x' : 'hub-a'
    await expect(at.connect(clientId, shown)).rejects.toMatchObject(NOT_AUTHORISED)
    expect(at.broker.counts()).toMatchObject({ connected: 0, refused: 1 })
  })

  test("a hub's certificate is no server's: who connects to it is not fooled", async () => {
    const { certificate, authority } = await place()
    const { createServer } = await import('node:tls')
    const server = createServer(await certificate('hub-a')).listen(0, '127.0.0.1')
    server.on('tlsClientError', () => undefined)
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const socket = tlsConnect({
      port,
      host: '127.0.0.1',
      ca: authority.certificate,
      checkServerIdentity: () => undefined,
    })
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('INVALID_PURPOSE')
  })

  test('TLS 1.1 and ciphers without authenticated encryption are refused, 1.2 and 1.3 are not', async () => {
    const { broker, authority } = await place()
    const { port } = new URL(broker.tlsUrl ?? '')
    const attempt = (options: ConnectionOptions): Promise<string> => {
      const socket = tlsConnect({ port: Number(port), host: '127.0.0.1', ca: authority.certificate, ...options })
      onTestFinished(() => void socket.destroy())
      return new Promise((resolve) => {
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
        socket.once('secureConnect', () => resolve(String(socket.getProtocol())))
      })
    }
    expect(await attempt({ minVersion: 'TLSv1.3' })).toBe('TLSv1.3')
    expect(await attempt({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2')
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
    expect(await attempt(old)).toMatch(/ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION/)
    expect(await attempt({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0' })).toMatch(
      /HANDSHAKE_FAILURE/,
    )
  })

  test('packets are guarded as on plain TCP: one that is too large ends the connection before it is read', async () => {
    const { broker, authority } = await place()
    const { port } = new URL(broker.tlsUrl ?? '')
    const socket = tlsConnect({ port: Number(port), host: '127.0.0.1', ca: authority.certificate })
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    const gone = closed(socket)
    socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))
    await gone
    expect(broker.counts().refused).toBe(1)
  })

  test('whoever does not finish the handshake, or says nothing after it, is cut within six seconds', async () => {
    const { broker, authority } = await place()
    const { port } = new URL(broker.tlsUrl ?? '')
    const { connect } = await import('node:net')
    const silent: Socket = connect(Number(port), '127.0.0.1')
    const mute: TLSSocket = tlsConnect({ port: Number(port), host: '127.0.0.1', ca: authority.certificate })
    for (const socket of [silent, mute]) socket.on('error', () => undefined)
    const started = performance.now()
    await Promise.all([closed(silent), closed(mute)])
    expect(performance.now() - started).toBeLessThan(6_000)
  })

  test('one address has no more than 256 connections that have not said who they are', async () => {
    const { broker, connect, certificate } = await place()
    const { port } = new URL(broker.tlsUrl ?? '')
    const net = await import('node:net')
    const sockets = Array.from({ length: 300 }, () => {
      const socket = net.connect(Number(port), '127.0.0.1')
      socket.on('error', () => undefined)
      return socket
    })
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    let cut = 0
    for (const socket of sockets)
      socket.once('close', () => {
        cut += 1
      })
    await vi.waitFor(() => expect(cut).toBe(44), { timeout: 4_000 })
    // Room for who comes next, as soon as one of them goes.
    for (const socket of sockets) socket.destroy()
    const shown = await certificate('hub-a')
    await vi.waitFor(async () => expect((await connect('hub-a', shown)).connected).toBe(true), { timeout: 4_000 })
  })
})

describe('an identity that has lost its right', () => {
  test('revoked while connected: cut, nothing more is delivered, and it cannot come back', async () => {
    const { connect, certificate, certificates, broker } = await place()
    const shown = await certificate('hub-a')
    const hub = await connect('hub-a', shown, { clean: false })
    await hub.subscribeAsync('v1/hubs/hub-a/receipts', { qos: 1 })
    let heard = 0
    hub.on('message', () => {
      heard += 1
    })
    const [{ fingerprint } = { fingerprint: '' }] = certificates.of('hub-a')
    certificates.revoke(fingerprint, 'stolen')
    const gone = closed(hub)
    broker.recheck()
    // In the same turn, before the connection has ended for its owner.
    await broker.publish(outgoing('v1/hubs/hub-a/receipts', 'secret'))
    await gone
    expect(heard).toBe(0)
    await expect(connect('hub-a', shown)).rejects.toMatchObject(NOT_AUTHORISED)
  })

  test('what it subscribed to, and what came meanwhile, is not kept for its next certificate', async () => {
    const { connect, certificate, certificates, broker } = await place()
    const hub = await connect('hub-a', await certificate('hub-a'), { clean: false })
    await hub.subscribeAsync('v1/hubs/hub-a/receipts', { qos: 1 })
    const gone = closed(hub)
    certificates.revokeAll('hub-a', 'stolen')
    broker.recheck()
    await gone
    await broker.publish(outgoing('v1/hubs/hub-a/receipts', 'meanwhile'))
    let heard = 0
    const next = await connect('hub-a', await certificate('hub-a'), { clean: false })
    next.on('message', () => {
      heard += 1
    })
    await broker.publish(outgoing('v1/hubs/hub-a/receipts', 'afterwards'))
    await next.publishAsync('v1/hubs/hub-a/readings', '{}', { qos: 1 })
    expect(heard).toBe(0)
  })

  test('a certificate that ends while it is connected ends the connection', async () => {
    const { connect, certificate, broker, clock } = await place()
    const hub = await connect('hub-a', await certificate('hub-a'))
    broker.endExpired()
    clock.move(90 * 24 * 3600_000 + 1_000)
    const gone = closed(hub)
    broker.endExpired()
    await gone
  })

  test('the first use of a new certificate ends the one before, and no sooner', async () => {
    const { connect, certificate } = await place()
    const before = await certificate('hub-a')
    await connect('hub-a', before)
    const after = await certificate('hub-a')
    await connect('hub-a', before)
    await connect('hub-a', after)
    await expect(connect('hub-a', before)).rejects.toMatchObject(NOT_AUTHORISED)
    await connect('hub-a', after)
  })
})

test('two machines with one identity are noticed at the fourth takeover within a minute', async () => {
  const { connect, certificate, broker, cloned, lines } = await place()
  const shown = await certificate('hub-a')
  for (let i = 0; i < 4; i += 1) await connect('hub-a', shown)
  expect(cloned).toEqual([])
  await connect('hub-a', shown)
  expect(cloned).toEqual(['hub-a'])
  expect(broker.counts().clones).toBe(1)
  expect(lines.filter(({ event }) => event === 'clone-suspected')).toMatchObject([{ account: 'hub-a' }])
})

async function strangerSigned(authority: Awaited<ReturnType<typeof openAuthority>>): Promise<Shown> {
  const { key, request } = newRequest()
  return { key, cert: await authority.issueClient('hub-a', await readRequest(request)) }
}

async function selfSigned({ clock }: Place): Promise<Shown> {
  const made = await makeAuthority('hub-a', { from: clock.now() - 60_000, to: clock.now() + 60_000 })
  return { key: made.key, cert: made.certificate }
}

async function issued(folder: string, from: number, to: number): Promise<Shown> {
  const { readFileSync } = await import('node:fs')
  const read = (name: string) => readFileSync(`${folder}/${name}`, 'utf8')
  const { key, request } = newRequest()
  const issuer = { key: read('ca.key'), certificate: read('ca.crt') }
  return { key, cert: await issueClient(issuer, 'hub-a', await readRequest(request), { from, to }) }
}

const serverShown = ({ key, certificate }: { key: string; certificate: string }): Shown => ({ key, cert: certificate })
