import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { alertMessageSchema } from '../../broker/contract/alert.ts'
import { feedReadingSchema, heartbeatSchema, receiptSchema } from '../../broker/contract/messages.ts'
import type { RawReading } from '../../device-drivers/reading.ts'
import { BROKER_MAIN } from '../support/mains.ts'

/** The whole broker as an operator has it: the real process, its command line, its journal on a disk. */

const REGISTRY = {
  organisations: [{ id: 'org-north', title: 'North' }],
  citizens: [{ id: 'citizen-1' }],
  hubs: [{ id: 'hub-a' }],
  devices: [{ id: 'scale-1', hub: 'hub-a', driver: 'gatt-weight' }],
  assignments: [{ device: 'scale-1', citizen: 'citizen-1', from: '2020-01-01T00:00:00Z' }],
  grants: [{ organisation: 'org-north', citizen: 'citizen-1', from: '2020-01-01T00:00:00Z', purpose: 'treatment' }],
  limits: [
    {
      citizen: 'citizen-1',
      quantity: 'weight',
      warningHigh: 80,
      alertHigh: 85,
      from: '2020-01-01T00:00:00Z',
      author: 'nurse-1',
      reason: 'start of monitoring',
    },
  ],
  clients: [{ id: 'reader', organisation: 'org-north' }],
}

let dir: string
let running: ChildProcess[] = []
let clients: MqttClient[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'precare-process-'))
  writeFileSync(join(dir, 'registry.json'), JSON.stringify(REGISTRY))
})
afterEach(() => {
  for (const client of clients) client.end(true)
  for (const child of running) child.kill('SIGKILL')
  running = []
  clients = []
  rmSync(dir, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [BROKER_MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
  return { child, ended }
}

const data = () => ['--data', join(dir, 'data')]
const provision = (...more: string[]) => start('provision', join(dir, 'registry.json'), ...data(), ...more).ended

async function startBroker() {
  const { child, ended } = start('run', ...data(), '--mqtt-port', '0', '--http-port', '0')
  const ready = await new Promise<{ mqttUrl: string; httpUrl: string }>((resolve, reject) => {
    const { stdout } = child
    if (stdout === null) throw new Error('no stdout')
    createInterface({ input: stdout }).on('line', (line) => {
      const parsed = JSON.parse(line)
      if (parsed.event === 'ready') resolve(parsed)
    })
    void ended.then(({ stderr }) => reject(new Error(stderr)))
  })
  return { ...ready, child, ended }
}

async function connect(url: string, id: string, password: string): Promise<MqttClient> {
  const client = await mqtt.connectAsync(url, { clientId: id, username: id, password, reconnectPeriod: 0 })
  client.on('error', () => undefined)
  clients.push(client)
  return client
}

/** Resolves with the first message of a topic that `wanted` takes. */
function heard(client: MqttClient, wanted: (topic: string, payload: string) => boolean): Promise<string> {
  return new Promise((resolve) => {
    client.on('message', (topic, bytes) => {
      const payload = bytes.toString()
      if (wanted(topic, payload)) resolve(payload)
    })
  })
}

function weight(id: string, kilograms: number): RawReading {
  const now = new Date().toISOString()
  return {
    id: id.padEnd(32, 'a'),
    kind: 'weight',
    values: { weight: { value: kilograms, unit: 'kg', decimals: 1 } },
    status: [],
    measuredAt: now,
    receivedAt: now,
    clock: { quality: 'synced' },
    device: 'scale-1',
    driver: 'gatt-weight',
    origin: 'automatic',
    raw: [{ source: '2A9D', hex: '00' }],
  }
}

const EPOCH = '0123456789abcdef'
const send = (hub: MqttClient, first: number, ...readings: RawReading[]) =>
  hub.publishAsync('v1/hubs/hub-a/readings', JSON.stringify({ epoch: EPOCH, first, readings }), { qos: 1 })

test('a reading is receipted, reaches the clinic with its alert, and is there over HTTP after a restart', async () => {
  const passwords = JSON.parse((await provision()).stdout)
  const first = await startBroker()
  const hub = await connect(first.mqttUrl, 'hub-a', passwords.hubs['hub-a'])
  const clinic = await connect(first.mqttUrl, 'reader', passwords.clients.reader)
  await hub.subscribeAsync('v1/hubs/hub-a/receipts', { qos: 1 })
  await clinic.subscribeAsync(['v1/orgs/org-north/#', 'v1/heartbeat'], { qos: 1 })
  const receipt = heard(hub, () => true)
  const reading = heard(clinic, (topic) => topic === 'v1/orgs/org-north/readings/citizen-1/weight')
  const alert = heard(clinic, (topic) => topic.startsWith('v1/orgs/org-north/alerts/citizen-1/'))
  const beat = heard(clinic, (topic) => topic === 'v1/heartbeat')
  await send(hub, 1, weight('w', 90))
  expect(receiptSchema.parse(JSON.parse(await receipt))).toEqual({ epoch: EPOCH, first: 1, last: 1 })
  const feed = feedReadingSchema.parse(JSON.parse(await reading))
  expect(feed).toMatchObject({ cursor: 1, citizen: 'citizen-1', hub: 'hub-a' })
  expect(alertMessageSchema.parse(JSON.parse(await alert))).toMatchObject({ state: 'open', level: 'red' })
  expect(heartbeatSchema.parse(JSON.parse(await beat)).evaluated).toBeLessThanOrEqual(1)

  const metrics = await (await fetch(`${first.httpUrl}/metrics`)).text()
  for (const what of ['received', 'stored']) expect(metrics).toContain(`precare_readings_${what}_total{hub="hub-a"} 1`)
  expect(metrics).not.toContain('citizen-1')

  first.child.kill('SIGTERM')
  const ended = await first.ended
  expect(ended.code).toBe(0)
  for (const secret of [passwords.hubs['hub-a'], passwords.clients.reader, 'citizen-1', '90']) {
    expect(`${ended.stdout}${ended.stderr}`.replace(/"time":"[^"]*"|:\d{4,5}"/g, '')).not.toContain(secret)
  }

  const second = await startBroker()
  const authorization = `Basic ${Buffer.from(`reader:${passwords.clients.reader}`).toString('base64')}`
  const page = await (await fetch(`${second.httpUrl}/v1/readings?since=0`, { headers: { authorization } })).json()
  expect(page).toMatchObject({ items: [{ cursor: 1, reading: { id: feed.reading.id } }], next: 1 })
  const again = await connect(second.mqttUrl, 'reader', passwords.clients.reader)
  const retained = heard(again, (topic) => topic.includes('/alerts/'))
  await again.subscribeAsync('v1/orgs/org-north/alerts/#', { qos: 1 })
  expect(JSON.parse(await retained)).toMatchObject({ state: 'open', level: 'red' })
})

test('passwords are shown once; a second provisioning changes nothing, and a dry run never does', async () => {
  const dry = JSON.parse((await provision('--dry-run')).stdout)
  expect(dry).toMatchObject({ changed: { hubs: 1 } })
  const out = join(dir, 'secrets.json')
  expect(await provision('--out', out)).toMatchObject({ code: 0, stdout: '' })
  expect(statSync(out).mode & 0o777).toBe(0o600)
  const passwords = JSON.parse(readFileSync(out, 'utf8'))
  expect(Object.keys(passwords.hubs)).toEqual(['hub-a'])
  expect(Object.keys(passwords.clients)).toEqual(['reader'])
  expect(JSON.parse((await provision()).stdout)).toEqual({ hubs: {}, clients: {} })
  // The file with the only passwords is never written over.
  expect(await provision('--out', out)).toMatchObject({ code: 78 })
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(passwords)
})

test('a registry with a mistake changes nothing and says where and what to write', async () => {
  const wrong = { ...REGISTRY, limits: [{ ...REGISTRY.limits[0], warningHigh: 85, alertHigh: 80 }] }
  writeFileSync(join(dir, 'registry.json'), JSON.stringify(wrong))
  const { code, stderr } = await provision()
  expect(code).toBe(78)
  expect(JSON.parse(stderr)).toMatchObject({
    code: 'limits-invalid',
    reason: expect.stringContaining('limits[0].alertHigh'),
  })
  writeFileSync(
    join(dir, 'registry.json'),
    JSON.stringify({ ...REGISTRY, clients: [{ id: 'hub-a', organisation: 'org-north' }] }),
  )
  expect(JSON.parse((await provision()).stderr).reason).toContain('account hub-a is already a hub')
  writeFileSync(join(dir, 'registry.json'), JSON.stringify(REGISTRY))
  expect(JSON.parse((await provision('--dry-run')).stdout)).toMatchObject({ changed: { hubs: 1 }, version: 1 })
})

test('a password reset from the command line cuts the running connection and ends the old password', async () => {
  const passwords = JSON.parse((await provision()).stdout)
  const broker = await startBroker()
  const hub = await connect(broker.mqttUrl, 'hub-a', passwords.hubs['hub-a'])
  const cut = new Promise<void>((resolve) => hub.once('close', () => resolve()))
  const reset = JSON.parse((await start('account', 'reset', 'hub-a', ...data()).ended).stdout)
  await cut
  await expect(connect(broker.mqttUrl, 'hub-a', passwords.hubs['hub-a'])).rejects.toMatchObject({ code: 4 })
  await expect(connect(broker.mqttUrl, 'hub-a', reset.password)).resolves.toBeDefined()
})

test('a wrong configuration ends with 78 and names the field and the remedy', async () => {
  const file = join(dir, 'config.json')
  const reason = async (config: unknown) => {
    writeFileSync(file, JSON.stringify(config))
    const { code, stderr } = await start('run', '--config', file).ended
    expect(code).toBe(78)
    return JSON.parse(stderr).reason
  }
  expect(await reason({ mqtt: { port: 70_000, hots: 'x' }, logLevel: 'loud' })).toMatch(
    /mqtt\.port: use 0 to 65535.*mqtt\.hots: is not known.*logLevel: use one of/,
  )
  expect(await reason({ dataDir: dir, http: { host: '0.0.0.0' } })).toContain('http.host: can be reached from outside')
  expect((await start('run', '--mqtt-port', 'x').ended).code).toBe(78)
  expect((await start('run', '--influx', 'nonsense', ...data()).ended).stderr).toContain('influx.url: use a URL')
})

test('SIGINT with hubs connected ends within three seconds', async () => {
  const passwords = JSON.parse((await provision()).stdout)
  const broker = await startBroker()
  await connect(broker.mqttUrl, 'hub-a', passwords.hubs['hub-a'])
  const started = performance.now()
  broker.child.kill('SIGINT')
  expect((await broker.ended).code).toBe(0)
  expect(performance.now() - started).toBeLessThan(3_000)
})
