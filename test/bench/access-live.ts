import { setTimeout as after } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { systemClock } from '../../broker/broker-clock.ts'
import { topics } from '../../broker/contract/topics.ts'
import { revoke } from '../../broker/rights/commands.ts'
import { decideByTheWords } from '../support/access-oracle.ts'
import type { RunningBroker, Secrets } from '../support/broker-process.ts'
import { type ProbeKind, probe, type World } from './access-world.ts'

/** Every organisation listens, with filters it may and may not have; every citizen measures; grants end in between. */

const EPOCH = 'abcdefabcdef0123'
const ROUNDS = 13
/** For what should not come: twenty times what a message takes. */
const QUIET_MS = 500
const PATIENCE_MS = 20_000

export interface Probed {
  readonly pairs: number
  readonly leaks: number
  readonly denials: number
  readonly refusedFilters: number
}

interface Listener {
  readonly organisation: string
  client: MqttClient
  /** Time of measuring of each reading that came. */
  readonly readings: Set<string>
  foreign: number
}

export async function probeLive(
  world: World,
  broker: RunningBroker,
  dataDir: string,
  secrets: Secrets,
): Promise<Probed> {
  let pairs = 0
  let leaks = 0
  let denials = 0
  let refusedFilters = 0
  const clear = (text: string) => /citizen-\d\d|device-|hub-\d\d/.test(text)

  async function connect(organisation: string): Promise<MqttClient> {
    const username = `reader-${organisation}`
    const password = secrets.clients[username] ?? ''
    const client = await mqtt.connectAsync(broker.mqttUrl, {
      clientId: username,
      username,
      password,
      clean: false,
      resubscribe: false,
      reconnectPeriod: 0,
    })
    client.on('error', () => undefined)
    return client
  }

  function hear(listener: Listener): void {
    const { organisation } = listener
    listener.client.on('message', (topic, payload) => {
      const text = payload.toString()
      if (topic === topics.heartbeat()) return
      if (!topic.startsWith(`v1/orgs/${organisation}/`)) listener.foreign += 1
      if (world.isResearch(organisation) && clear(`${topic} ${text}`)) listener.foreign += 1
      if (/\/(readings|backfill)\//.test(topic)) listener.readings.add(JSON.parse(text).reading.measuredAt)
    })
  }

  /** One SUBSCRIBE with the own root among filters that must be refused. */
  async function subscribeMixed({ client, organisation }: Listener): Promise<void> {
    const others = world.organisations.filter((other) => other !== organisation)
    const own = `v1/orgs/${organisation}/#`
    const wrong = [
      ...others.map((other) => `v1/orgs/${other}/#`),
      '#',
      '+/#',
      'v1/#',
      'v1/orgs/#',
      'v1/orgs/+/readings/+/+',
      'v1/orgs/+/alerts/#',
      '$SYS/#',
      `$share/g/${own}`,
      `$share/g/v1/orgs/${others[0]}/#`,
      'v1/hubs/+/readings',
      'v1/hubs/#',
    ]
    const granted = await new Promise<readonly { topic: string; qos: number }[]>((resolve) => {
      client.subscribe([...wrong.slice(0, 9), own, ...wrong.slice(9)], { qos: 1 }, (_error, _granted, packet) => {
        const codes = (packet?.granted ?? []) as number[]
        resolve([...wrong.slice(0, 9), own, ...wrong.slice(9)].map((topic, i) => ({ topic, qos: codes[i] ?? 128 })))
      })
    })
    for (const { topic, qos } of granted) {
      pairs += 1
      if (topic === own && qos > 2) denials += 1
      else if (topic !== own && qos <= 2) leaks += 1
      else if (topic !== own) refusedFilters += 1
    }
  }

  const listeners: Listener[] = []
  for (const organisation of world.organisations) {
    const listener = { organisation, client: await connect(organisation), readings: new Set<string>(), foreign: 0 }
    hear(listener)
    await subscribeMixed(listener)
    listeners.push(listener)
  }

  // Wills and retained messages of clients, and of hubs below other roots: refused with the connection.
  for (const [id, password, willTopic] of [
    ['reader-org-00', secrets.clients['reader-org-00'], 'v1/orgs/org-01/alerts/citizen-00/alert-1'],
    ['hub-00', secrets.hubs['hub-00'], 'v1/orgs/org-01/readings/citizen-00/weight'],
    ['hub-00', secrets.hubs['hub-00'], 'v1/hubs/hub-01/state'],
  ] as const) {
    pairs += 1
    const will = { topic: willTopic, payload: 'x', qos: 1 as const, retain: true }
    const outcome = await mqtt
      .connectAsync(broker.mqttUrl, { clientId: id, username: id, password: password ?? '', will, reconnectPeriod: 0 })
      .then(
        async (client) => {
          await client.endAsync(true)
          return 'in'
        },
        () => 'refused',
      )
    if (outcome === 'in') leaks += 1
  }

  const hubs = new Map<string, MqttClient>()
  for (const { id } of world.registry.hubs) {
    const client = await mqtt.connectAsync(broker.mqttUrl, {
      clientId: id,
      username: id,
      password: secrets.hubs[id] ?? '',
    })
    hubs.set(id, client)
  }
  const sequence = new Map<string, number>()
  let mark = Date.now() - 60_000

  async function measure(citizen: string, kind: ProbeKind, low: boolean): Promise<string> {
    mark += 1
    const at = new Date(mark).toISOString()
    const hub = world.hubOf(citizen)
    const first = (sequence.get(hub) ?? 0) + 1
    sequence.set(hub, first)
    const readings = [probe(citizen, kind, at, low)]
    await hubs
      .get(hub)
      ?.publishAsync(topics.hubReadings(hub), JSON.stringify({ epoch: EPOCH, first, readings }), { qos: 1 })
    return at
  }

  const may = (organisation: string, citizen: string, kind: ProbeKind): boolean =>
    decideByTheWords(
      { role: 'client', id: 'x', organisation },
      'readings.read',
      { type: 'citizen', citizen, kinds: [kind], grants: world.grantsOf(citizen) },
      new Date().toISOString(),
    )

  async function phase(): Promise<void> {
    const expected = new Map(listeners.map((listener) => [listener, new Set<string>()]))
    const all: string[] = []
    for (let round = 0; round < ROUNDS; round++) {
      for (const citizen of world.citizens) {
        const kind: ProbeKind = round % 2 === 0 ? 'oxygen-saturation' : 'weight'
        const at = await measure(citizen, kind, round % 4 === 0)
        all.push(at)
        for (const [listener, wanted] of expected) if (may(listener.organisation, citizen, kind)) wanted.add(at)
      }
    }
    const complete = () => [...expected].every(([{ readings }, wanted]) => [...wanted].every((at) => readings.has(at)))
    const until = performance.now() + PATIENCE_MS
    while (!complete() && performance.now() < until) await after(20)
    await after(QUIET_MS)
    for (const [{ readings }, wanted] of expected) {
      for (const at of all) {
        pairs += 1
        if (readings.has(at) && !wanted.has(at)) leaks += 1
        if (!readings.has(at) && wanted.has(at)) denials += 1
      }
    }
  }

  await phase()
  // Away and back with the same session: no denied filter may come back with it.
  for (const listener of listeners) {
    await listener.client.endAsync(true)
    listener.client = await connect(listener.organisation)
    hear(listener)
    await listener.client.subscribeAsync(`v1/orgs/${listener.organisation}/#`, { qos: 1 })
  }
  for (const { organisation, citizen } of world.revocable) {
    await revoke({ data: dataDir, organisation, citizen }, systemClock)
    world.revoked(organisation, citizen, new Date().toISOString())
  }
  await phase()

  // What is retained for whom: alerts of citizens with a grant, and nothing of a revoked one.
  for (const organisation of world.organisations) {
    const listener = listeners.find((known) => known.organisation === organisation)
    await listener?.client.endAsync(true)
    const client = await connect(organisation)
    const alerts: string[] = []
    client.on('message', (topic, payload) => {
      if (payload.length > 0) alerts.push(topic.split('/')[4] ?? '')
    })
    await client.subscribeAsync(`v1/orgs/${organisation}/alerts/#`, { qos: 1 })
    await after(QUIET_MS)
    const granted = world.citizens.filter((citizen) => may(organisation, citizen, 'oxygen-saturation'))
    pairs += world.citizens.length
    if (world.isResearch(organisation)) {
      if (alerts.some(clear)) leaks += 1
      denials += Math.max(0, granted.length - new Set(alerts).size)
      leaks += Math.max(0, new Set(alerts).size - granted.length)
    } else {
      leaks += [...new Set(alerts)].filter((citizen) => !granted.includes(citizen)).length
      denials += granted.filter((citizen) => !alerts.includes(citizen)).length
    }
    await client.endAsync(true)
  }
  leaks += listeners.reduce((sum, { foreign }) => sum + foreign, 0)
  for (const hub of hubs.values()) await hub.endAsync(true)
  return { pairs, leaks, denials, refusedFilters }
}
