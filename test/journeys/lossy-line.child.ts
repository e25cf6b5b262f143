import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import mqtt from 'mqtt'
import { z } from 'zod'
import { alertMessageSchema } from '../../broker/contract/alert.ts'
import { feedReadingSchema } from '../../broker/contract/messages.ts'
import { createHubClock } from '../../gateway/hub-clock.ts'
import type { ReadingDraft } from '../../gateway/make-reading.ts'
import { openOutbox } from '../../gateway/outbox.ts'
import { Uplink } from '../../gateway/uplink.ts'
import { CLIENT, fleetRegistry, hubId, ORGANISATION, spo2Reading } from '../bench/fleet.ts'
import { provision, startBroker } from '../support/broker-process.ts'

/**
 * In a network of its own, whose only interface loses packets on the broker's port in both directions: a hub, a broker
 * and a clinic. Writes one JSON line: how long each alert took, and what arrived.
 */

const [dir = '', percent = '30'] = process.argv.slice(2)
/**
 * Each of a citizen of its own, and beyond the limit: each opens an alert, which no later one overtakes and which is
 * retained for a clinic whose own line breaks. One citizen's would be a single unstable alert after a few changes.
 */
const READINGS = 61
const EVERY_MS = 60
const MQTT_PORT = 18_830

function run(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
}

run('ip', 'link', 'set', 'lo', 'up')
const hub = hubId(0)
const secrets = await provision(dir, fleetRegistry(1, READINGS))
const broker = await startBroker(dir, { mqttPort: MQTT_PORT })
run('nft', 'add', 'table', 'inet', 't')
run('nft', 'add', 'chain', 'inet', 't', 'c', '{ type filter hook input priority 0 ; }')
run(
  'nft',
  'add',
  'rule',
  'inet',
  't',
  'c',
  ...`tcp dport ${MQTT_PORT} numgen random mod 100 < ${percent} drop`.split(' '),
)

const clinic = await mqtt.connectAsync(broker.mqttUrl, {
  clientId: CLIENT,
  username: CLIENT,
  password: secrets.clients[CLIENT] ?? '',
  reconnectPeriod: 500,
})
const measuredAt = new Map<string, number>()
const alertMs: number[] = []
clinic.on('message', (topic, payload) => {
  if (payload.length === 0 || !topic.includes('/alerts/')) return
  const newest = alertMessageSchema.parse(JSON.parse(payload.toString('utf8'))).readings.at(-1) ?? ''
  const since = measuredAt.get(newest)
  if (since !== undefined) alertMs.push(performance.now() - since)
  measuredAt.delete(newest)
})
await clinic.subscribeAsync(`v1/orgs/${ORGANISATION}/#`, { qos: 1 })

const clock = createHubClock()
const { outbox } = openOutbox(join(dir, 'outbox.db'), {
  time: () => ({ zone: 'Europe/Copenhagen', now: Date.now(), wallAt: clock.wallAt }),
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
})
let losses = 0
const uplink = new Uplink({
  hub,
  broker: { url: broker.mqttUrl, username: hub, password: secrets.hubs[hub] ?? '' },
  outbox,
  clock,
  random: Math.random,
  log: {
    info: () => undefined,
    warn: (event) => {
      if (event === 'uplink-lost') losses += 1
    },
    error: () => undefined,
  },
  retained: () => [],
})
uplink.start()
while (!uplink.connected) await after(20)
for (let n = 0; n < READINGS; n++) {
  const { measuredAt: _, receivedAt: __, clock: ___, ...reading } = spo2Reading(n, n, 80, new Date().toISOString())
  const timing: ReadingDraft['timing'] = {
    bootId: clock.bootId,
    heardAt: clock.now(),
    clockSet: false,
    clockUnset: false,
  }
  await outbox.append({ device: reading.device, drafts: [{ reading, timing }] })
  measuredAt.set(reading.id, performance.now())
  uplink.wake()
  await after(EVERY_MS)
}
while (outbox.counts().unsent > 0 || measuredAt.size > 0) await after(20)
const { decoded, receipted, duplicate } = outbox.counts()
const figures = await (await fetch(`${broker.httpUrl}/metrics`)).text()
const basic = Buffer.from(`${CLIENT}:${secrets.clients[CLIENT]}`).toString('base64')
const feed = await (
  await fetch(`${broker.httpUrl}/v1/readings`, { headers: { authorization: `Basic ${basic}` } })
).json()
const fed = new Set(
  z
    .object({ items: z.array(feedReadingSchema) })
    .parse(feed)
    .items.map(({ reading }) => reading.id),
)
const stored = Number(/^precare_readings_stored_total\{.*\} (\d+)$/m.exec(figures)?.[1])
await uplink.stop(0)
outbox.close()
await clinic.endAsync(true)
await broker.stop(true)
process.stdout.write(
  `${JSON.stringify({ decoded, receipted, duplicate, stored, fed: fed.size, losses, alertMs: alertMs.sort((a, b) => a - b) })}\n`,
)
