import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { CHANNELS, channelOf } from '../../broker/contract/channels.ts'
import type { ReadyFile } from '../../simulators/clinic/subscriber.ts'
import { r4Problems } from '../broker/fhir/r4.ts'
import { type AnyObservation, vitalSignsProblems } from '../broker/fhir/vital-signs-rules.ts'
import { provision, startBroker } from '../support/broker-process.ts'
import { HUB_MAIN } from '../support/mains.ts'
import { type MqttSniffer, type SniffedMessage, startMqttSniffer } from '../support/mqtt-sniffer.ts'
import { tempDir } from '../support/temp-dir.ts'

/** The contract that the broker serves, against everything that goes over the wire while the demo runs. */

const SEEN_WITHIN_MS = 60_000
/** A real hub without devices, that reports its health each second: nobody waits a minute for it. */
const QUIET_HUB = 'hub-9998'
/** A hub of the test's own, for what the demo does not do in so short a time: a late reading, and forgetting a device. */
const EXTRA = { hub: 'hub-9999', device: 'scale-9999', citizen: 'citizen-9999' }

function scenarioWithFhir(folder: string): { file: string; organisation: string } {
  const scenario = JSON.parse(readFileSync('simulators/scenarios/demo.json', 'utf8'))
  const [organisation] = scenario.registry.organisations
  organisation.fhir = true
  const file = join(folder, 'scenario.json')
  writeFileSync(file, JSON.stringify(scenario))
  return { file, organisation: organisation.id }
}

/** Ended when the test is over. */
function start(args: readonly string[]): { said(): string } {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  onTestFinished(async () => {
    child.kill('SIGINT')
    await ended
  })
  return { said: () => text }
}

/** Late, and with a value that is none. */
async function sendLate(port: number, password: string): Promise<void> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    clientId: EXTRA.hub,
    username: EXTRA.hub,
    password,
  })
  const measuredAt = new Date(Date.now() - 3_600_000).toISOString()
  const late = {
    id: 'l'.repeat(32),
    kind: 'weight',
    values: { weight: { value: 80, unit: 'kg', decimals: 1 }, bmi: { absent: 'not-measured' } },
    status: ['from-storage'],
    measuredAt,
    receivedAt: measuredAt,
    clock: { quality: 'synced' },
    device: EXTRA.device,
    driver: 'weight-scale-service',
    origin: 'automatic',
    raw: [],
  }
  const payload = JSON.stringify({ epoch: 'feedfacefeedface', first: 1, readings: [late] })
  await client.subscribeAsync(`v1/hubs/${EXTRA.hub}/receipts`, { qos: 1 })
  await client.publishAsync(`v1/hubs/${EXTRA.hub}/readings`, payload, { qos: 1 })
  await client.publishAsync(`v1/hubs/${EXTRA.hub}/devices/${EXTRA.device}`, '', { qos: 1, retain: true })
  await client.endAsync()
}

async function untilSeen(sniffer: MqttSniffer, wanted: readonly string[], said: () => string): Promise<void> {
  const end = performance.now() + SEEN_WITHIN_MS
  for (;;) {
    const seen = new Set(sniffer.messages.map(({ topic }) => channelOf(topic)?.name))
    const missing = wanted.filter((name) => !seen.has(name))
    if (missing.length === 0) return
    if (performance.now() > end) throw new Error(`never seen: ${missing.join(', ')}\n${said().slice(-2_000)}`)
    await after(100)
  }
}

async function untilReady(data: string, said: () => string): Promise<void> {
  const end = performance.now() + SEEN_WITHIN_MS
  while (!existsSync(join(data, 'ready.json'))) {
    if (performance.now() > end) throw new Error(`never ready\n${said()}`)
    await after(100)
  }
}

/** Where nothing at all clears what is retained. */
const MAY_BE_EMPTY = new Set(['hubDevice', 'orgAlert'])

function wireProblems(messages: readonly SniffedMessage[], validatorOf: (name: string) => ValidateFunction): string[] {
  return messages.flatMap(({ topic, sentBy, qos, retain, payload }) => {
    const channel = channelOf(topic)
    if (channel === undefined) return [`${topic}: is no topic of the contract`]
    const wrong: string[] = []
    // Only the broker and hubs speak; what clients send is nothing at all.
    if (sentBy === 'client' && channel.from !== 'hub') wrong.push('sent by a client')
    if (qos !== channel.qos) wrong.push(`QoS ${qos}`)
    if (sentBy === 'client' && retain !== (channel.retain !== 'no')) wrong.push(`retain ${retain}`)
    if (payload.length === 0) return MAY_BE_EMPTY.has(channel.name) ? wrong : [`${topic}: empty`]
    const validate = validatorOf(channel.schema)
    const body: unknown = JSON.parse(payload.toString())
    if (!validate(body)) wrong.push(JSON.stringify(validate.errors?.[0]))
    if (channel.name === 'orgFhir') wrong.push(...r4Problems(body), ...vitalSignsProblems(body as AnyObservation))
    return wrong.map((what) => `${topic}: ${what}`)
  })
}

test('every message and every answer is as the documents that the broker serves say', {
  timeout: 120_000,
}, async () => {
  const data = tempDir()
  const brokerData = join(data, 'broker')
  mkdirSync(brokerData)
  const { file, organisation } = scenarioWithFhir(data)
  const from = '2020-01-01T00:00:00Z'
  const secrets = await provision(brokerData, {
    organisations: [{ id: organisation, title: 'Clinic' }],
    citizens: [{ id: EXTRA.citizen }],
    hubs: [{ id: EXTRA.hub }, { id: QUIET_HUB }],
    devices: [{ id: EXTRA.device, hub: EXTRA.hub, driver: 'weight-scale-service' }],
    assignments: [{ device: EXTRA.device, citizen: EXTRA.citizen, from }],
    grants: [{ organisation, citizen: EXTRA.citizen, from, purpose: 'treatment' }],
    limits: [],
    clients: [],
  })
  const broker = await startBroker(brokerData)
  onTestFinished(() => broker.stop())
  const sniffer = await startMqttSniffer(Number(new URL(broker.mqttUrl).port))
  onTestFinished(() => sniffer.close())
  const httpPort = new URL(broker.httpUrl).port
  const dataDir = join(data, QUIET_HUB)
  mkdirSync(dataDir)
  const password = secrets.hubs[QUIET_HUB]
  const url = `mqtt://127.0.0.1:${sniffer.port}`
  writeFileSync(
    join(dataDir, 'config.json'),
    JSON.stringify({ hub: QUIET_HUB, dataDir, healthEveryS: 1, broker: { url, username: QUIET_HUB, password } }),
  )
  start([HUB_MAIN, 'run', '--config', join(dataDir, 'config.json')])
  const demo = start([
    'simulators/demo/main.ts',
    ...['--data', data, '--scenario', file, '--speed', '4'],
    ...['--broker', url, '--http-port', httpPort, '--broker-data', brokerData],
  ])
  await untilSeen(sniffer, ['orgReading', 'orgFhir'], demo.said)
  await untilReady(data, demo.said)
  const ready: ReadyFile = JSON.parse(readFileSync(join(data, 'ready.json'), 'utf8'))
  const account = { clientId: `${ready.username}:wire`, username: ready.username, password: ready.password }
  const watcher = await mqtt.connectAsync(ready.mqttUrl, account)
  onTestFinished(() => watcher.endAsync())
  // The demo's own subscriber does not watch the engine.
  await watcher.subscribeAsync('v1/heartbeat')
  await sendLate(sniffer.port, secrets.hubs[EXTRA.hub] ?? '')
  await untilSeen(
    sniffer,
    CHANNELS.map(({ name }) => name),
    demo.said,
  )

  const ajv = new Ajv2020({ strict: false })
  formats.default(ajv)
  const served = async (path: string) => (await fetch(`${broker.httpUrl}${path}`)).json()
  const names = new Set(CHANNELS.map(({ schema }) => schema))
  const validators = new Map<string, ValidateFunction>()
  for (const name of names) validators.set(name, ajv.compile((await served(`/v1/schemas/${name}.json`)) as object))
  const validatorOf = (name: string): ValidateFunction => {
    const validate = validators.get(name)
    if (validate === undefined) throw new Error(`no schema ${name} is served`)
    return validate
  }
  expect(wireProblems(sniffer.messages, validatorOf)).toEqual([])
  expect(
    wireProblems(
      [{ client: '', sentBy: 'broker', topic: 'v1/new', qos: 0, retain: false, payload: Buffer.from('{}') }],
      validatorOf,
    ),
  ).toHaveLength(1)

  // HTTP: the schema of each answer is the one that the OpenAPI document names for its path, status and type.
  const openApi = (await served('/v1/openapi.json')) as {
    paths: Record<string, { get: { responses: Record<string, { content?: Record<string, { schema: object }> }> } }>
    components: object
  }
  const authorization = `Basic ${Buffer.from(`${ready.username}:${ready.password}`).toString('base64')}`
  const check = async (
    path: string,
    url: string,
    status: number,
    headers: Record<string, string> = { authorization },
  ) => {
    const answer = await fetch(`${broker.httpUrl}${url}`, { headers })
    const text = await answer.text()
    expect([url, answer.status]).toEqual([url, status])
    const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? ''
    const schema = openApi.paths[path]?.get.responses[String(status)]?.content?.[type]?.schema
    expect(schema, `${path} ${status} ${type} is documented`).toBeDefined()
    if (!type.includes('json')) return
    const validate = ajv.compile({ ...schema, components: openApi.components })
    const bodies: unknown[] = type.endsWith('ndjson')
      ? text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      : [JSON.parse(text)]
    expect(bodies.length).toBeGreaterThan(0)
    for (const body of bodies) expect(validate(body), `${url}: ${JSON.stringify(validate.errors?.[0])}`).toBe(true)
    if (path.startsWith('/fhir')) expect(r4Problems(JSON.parse(text))).toEqual([])
  }
  const lines = { authorization, accept: 'application/x-ndjson' }
  await check('/healthz', '/healthz', 200)
  await check('/readyz', '/readyz', 200)
  await check('/metrics', '/metrics', 200)
  await check('/v1/readings', '/v1/readings?since=0', 200)
  await check('/v1/readings', '/v1/readings?since=0', 200, lines)
  await check('/v1/readings', '/v1/readings?since=-1', 400)
  await check('/v1/readings', '/v1/readings', 401, {})
  await check('/v1/readings', '/v1/readings?since=99999999', 409)
  await check('/v1/asyncapi.json', '/v1/asyncapi.json', 200)
  await check('/v1/openapi.json', '/v1/openapi.json', 200)
  await check('/v1/schemas/{name}.json', '/v1/schemas/alert.json', 200)
  await check('/v1/schemas/{name}.json', '/v1/schemas/nothing.json', 404)
  await check('/fhir/metadata', '/fhir/metadata', 200)
  await check('/fhir/Observation', '/fhir/Observation?_count=1000', 200)
  await check('/fhir/Observation', '/fhir/Observation?date=x', 400)
  await check('/fhir/Observation', '/fhir/Observation', 401, {})
  await check('/fhir/Observation/{id}', `/fhir/Observation/${'l'.repeat(32)}`, 200)
  await check('/fhir/Observation/{id}', '/fhir/Observation/none', 404)
  await check('/fhir/Device', '/fhir/Device', 200)
  await check('/fhir/Device/{id}', `/fhir/Device/phd-${EXTRA.device}`, 200)
})
