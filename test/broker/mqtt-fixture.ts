import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectSocket, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { afterAll } from 'vitest'
import type { Identity } from '../../broker/access.ts'
import { Accounts } from '../../broker/accounts.ts'
import { systemClock } from '../../broker/broker-clock.ts'
import type { Log, LogFields } from '../../broker/log.ts'
import { type MqttBroker, type MqttBrokerPorts, openMqttBroker } from '../../broker/mqtt-broker.ts'
import type { Outgoing } from '../../broker/outgoing.ts'
import { Publisher } from '../../broker/publisher.ts'
import { openJournal } from '../../broker/store/journal.ts'
import { CHEAP } from '../support/cheap-passwords.ts'

/** The real front of the broker on a real socket and a real journal; only ingest is the test's own. */

export const HUB_A: Identity = { role: 'hub', id: 'hub-a' }
export const HUB_B: Identity = { role: 'hub', id: 'hub-b' }
export const CLINIC: Identity = { role: 'client', id: 'clinic-reader', organisation: 'org-north' }
export const OTHER_CLINIC: Identity = { role: 'client', id: 'other-reader', organisation: 'org-south' }

interface LogLine extends LogFields {
  readonly event: string
}

export interface Front {
  readonly broker: MqttBroker
  readonly publisher: Publisher
  readonly accounts: Accounts
  readonly lines: LogLine[]
  readonly accepted: { readonly hub: string; readonly payload: string }[]
  password(of: Identity): string
  /** A connected mqtt.js client; rejects when the broker refuses it. */
  connect(who: Identity, options?: IClientOptions): Promise<MqttClient>
  /** The same without account and password. */
  connectAnonymously(clientId: string): Promise<MqttClient>
  /** A raw socket after CONNECT and CONNACK. */
  rawConnect(who: Identity, clientId?: string): Promise<Socket>
  close(): Promise<void>
}

interface Door {
  readonly accounts: Accounts
  readonly passwords: ReadonlyMap<string, string>
  close(): void
}

async function openAccounts(): Promise<Door> {
  const dir = mkdtempSync(join(tmpdir(), 'precare-front-'))
  const journal = openJournal(join(dir, 'journal.db'))
  const accounts = new Accounts(journal.database, systemClock, { passwordCost: CHEAP })
  const identities = [HUB_A, HUB_B, CLINIC, OTHER_CLINIC]
  const made = await Promise.all(identities.map(async (who) => [who.id, await accounts.create(who)] as const))
  return {
    accounts,
    passwords: new Map(made),
    close() {
      journal.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

let shared: Promise<Door> | undefined
function sharedAccounts(): Promise<Door> {
  shared ??= openAccounts()
  return shared
}
afterAll(async () => (await shared)?.close())

export async function openFront(options: {
  readonly accept?: (hub: string, payload: string) => Promise<void>
  /** For tests that change accounts; the others share theirs, since each scrypt takes 80 ms. */
  readonly ownAccounts?: boolean
  readonly broker?: Partial<MqttBrokerPorts>
}): Promise<Front> {
  const door = options.ownAccounts === true ? await openAccounts() : await sharedAccounts()
  const { accounts, passwords } = door
  const lines: LogLine[] = []
  const line = (event: string, fields?: LogFields) => void lines.push({ event, ...fields })
  const log: Log = { debug: line, info: line, warn: line, error: line }
  const accepted: { hub: string; payload: string }[] = []
  const broker = await openMqttBroker({
    host: '127.0.0.1',
    port: 0,
    accounts,
    clock: systemClock,
    log,
    accept: async (hub, bytes) => {
      const payload = Buffer.from(bytes).toString()
      accepted.push({ hub, payload })
      await options.accept?.(hub, payload)
    },
    ...options.broker,
  })
  const publisher = new Publisher({
    send: broker.publish,
    crowded: broker.crowded,
    clock: systemClock,
    onError: (error) => line('publish-failed', { reason: String(error) }),
  })
  const clients: MqttClient[] = []
  const sockets: Socket[] = []
  const password = (of: Identity) => passwords.get(of.id) ?? ''

  async function connect(options: IClientOptions): Promise<MqttClient> {
    const client = mqtt.connect(broker.url, { reconnectPeriod: 0, ...options })
    clients.push(client)
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve())
      client.once('error', reject)
      client.once('close', () => reject(new Error('closed before CONNACK')))
    })
    client.on('error', () => undefined)
    return client
  }

  return {
    broker,
    publisher,
    accounts,
    lines,
    accepted,
    password,
    connect: (who, more = {}) => connect({ clientId: who.id, username: who.id, password: password(who), ...more }),
    connectAnonymously: (clientId) => connect({ clientId }),
    async rawConnect(who, clientId = who.id) {
      const socket = rawSocket(broker.url)
      sockets.push(socket)
      socket.write(connectPacket(clientId, who.id, password(who)))
      const [connack] = (await once(socket, 'data')) as [Buffer]
      if (connack[3] !== 0) throw new Error(`refused with ${connack[3]}`)
      return socket
    },
    async close() {
      for (const client of clients) client.end(true)
      for (const socket of sockets) socket.destroy()
      await publisher.close()
      await broker.close()
      if (options.ownAccounts === true) door.close()
    },
  }
}

export function rawSocket(url: string): Socket {
  const { hostname, port } = new URL(url)
  const socket = connectSocket({ host: hostname, port: Number(port) })
  socket.on('error', () => undefined)
  return socket
}

/** Resolves when it is closed, with or without an error before. */
export function closed(connection: { once(event: 'close', listener: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => connection.once('close', () => resolve()))
}

export function bytes(packet: Packet): Buffer {
  return mqttPacket.generate(packet)
}

export function connectPacket(clientId: string, username: string, password: string, clean = true): Buffer {
  const packet = bytes({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId,
    keepalive: 60,
    username,
    password: Buffer.from(password),
  })
  // mqtt-packet refuses to write an empty id without a clean session; the flag is bit 1 of byte 8 of the variable header.
  const flags = 9
  packet[flags] = (packet[flags] ?? 0) & (clean ? 0xff : ~0x02)
  return packet
}

/** Resolves with the first `count` messages of a client. */
export function messages(client: MqttClient, count: number): Promise<{ topic: string; payload: string }[]> {
  return new Promise((resolve) => {
    const got: { topic: string; payload: string }[] = []
    client.on('message', (topic, payload) => {
      got.push({ topic, payload: payload.toString() })
      if (got.length === count) resolve(got)
    })
  })
}

export const READINGS_A = 'v1/hubs/hub-a/readings'
export const NORTH = 'v1/orgs/org-north'

/** A message of the broker's own, on the alert lane unless said otherwise. */
export function outgoing(topic: string, payload: string, more: Partial<Outgoing> = {}): Outgoing {
  return { topic, payload, qos: 1, retain: false, lane: 'alert', ...more }
}

/** What a hub says about itself. */
export const stateOf = (session: number, state: 'online' | 'offline'): string => JSON.stringify({ state, session })
