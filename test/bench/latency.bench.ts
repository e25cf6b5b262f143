import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import mqtt from 'mqtt'
import type { AlertMessage } from '../../broker/contract/alert.ts'
import { topics } from '../../broker/contract/topics.ts'
import { provision, residentMb, startBroker } from '../support/broker-process.ts'
import { type Bench, percentile } from './bench.ts'
import { CLIENT, connectHubs, fleetRegistry, ORGANISATION, publishReadings, spo2Reading } from './fleet.ts'
import { frozenSubscriber } from './frozen-subscriber.ts'

/**
 * Hub publish to alert at a subscriber: publishers and subscriber share this process and so one clock, the broker has
 * its own. Every fifth reading changes an alert (opens or closes one), the others are within limits.
 */

const HUBS = 50
const PER_HUB = 10
const RATE = 500
const ALERT_EVERY = 5
const WARM_UP_S = 3
/** An alert within a tenth of a second is at once for a nurse; a tuned Mosquitto chain without storing has 3 and 8 ms. */
const LIMITS = [
  { figure: 'p50Ms', atMost: 10 },
  { figure: 'p99Ms', atMost: 100 },
  { figure: 'missing', atMost: 0 },
  { figure: 'readingsMissing', atMost: 0 },
  { figure: 'readingsPerSecond', atLeast: RATE * 0.98 },
]

export const bench: Bench = async ({ secs = 20, seed, onProgress }) => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-latency-'))
  const secrets = provision(dir, fleetRegistry(HUBS, PER_HUB))
  const broker = await startBroker(dir)
  const password = secrets.clients[CLIENT] ?? ''
  try {
    const subscriber = await mqtt.connectAsync(broker.mqttUrl, { clientId: CLIENT, username: CLIENT, password })
    const sentAt = new Map<string, number>()
    const latencies: number[] = []
    let readingsSeen = 0
    subscriber.on('message', (topic, payload) => {
      const now = performance.now()
      if (!topic.includes('/alerts/')) {
        readingsSeen++
        return
      }
      if (payload.length === 0) return
      const alert = JSON.parse(payload.toString()) as AlertMessage
      const key = `${alert.citizen}/${alert.state}/${alert.state === 'open' ? alert.openedAt : alert.closedAt}`
      const sent = sentAt.get(key)
      if (sent === undefined) return
      sentAt.delete(key)
      if (sent > 0) latencies.push(now - sent)
    })
    await subscriber.subscribeAsync(`${topics.orgRoot(ORGANISATION)}/#`, { qos: 1 })
    const frozen = await frozenSubscriber(broker.mqttUrl, CLIENT, password, `${topics.orgRoot(ORGANISATION)}/#`)
    const hubs = await connectHubs(broker.mqttUrl, secrets, HUBS)
    onProgress(`${HUBS} hubs connected, one frozen subscriber; ${WARM_UP_S} s warm-up, then ${secs} s at ${RATE}/s`)

    const total = (WARM_UP_S + secs) * RATE
    const alerting = new Map<number, boolean>()
    const pending: Promise<void>[] = []
    const start = performance.now()
    let expected = 0
    for (let i = 0; i < total; i++) {
      const due = start + (i * 1000) / RATE
      const wait = due - performance.now()
      if (wait > 1) await after(wait)
      const citizen = (i * 7 + seed) % (HUBS * PER_HUB)
      const hub = hubs[Math.floor(citizen / PER_HUB)]
      if (hub === undefined) throw new Error('no such hub')
      // Another fifth of the citizens in each round: more than six changes in a day are one unstable alert.
      const changes = (i + Math.floor(i / (HUBS * PER_HUB))) % ALERT_EVERY === 0
      const open = changes ? alerting.get(citizen) !== true : alerting.get(citizen) === true
      if (changes) alerting.set(citizen, open)
      // Every reading of a citizen is later than the one before, and its time is the key by which its alert is found.
      const at = new Date(Date.now() - 1000 + (i % 1000)).toISOString()
      const reading = spo2Reading(citizen, i + 1, open ? 88 : 96, at)
      if (changes) {
        const measured = i >= WARM_UP_S * RATE
        if (measured) expected++
        sentAt.set(
          `citizen-${String(citizen).padStart(4, '0')}/${open ? 'open' : 'closed'}/${at}`,
          measured ? performance.now() : 0,
        )
      }
      pending.push(publishReadings(hub, [reading]))
    }
    const elapsedS = (performance.now() - start) / 1000
    await Promise.all(pending)
    for (let i = 0; i < 50 && (latencies.length < expected || readingsSeen < total); i++) await after(100)
    latencies.sort((a, b) => a - b)
    const figures = {
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      maxMs: latencies.at(-1) ?? Number.NaN,
      alerts: latencies.length,
      missing: expected - latencies.length,
      readingsPerSecond: total / elapsedS,
      readingsMissing: total - readingsSeen,
      brokerResidentMb: residentMb(broker.pid),
    }
    frozen.destroy()
    await Promise.all([subscriber, ...hubs.map((h) => h.client)].map((c) => c.endAsync(true)))
    return {
      figures,
      limits: LIMITS,
      conditions: {
        hubs: HUBS,
        citizens: HUBS * PER_HUB,
        ratePerSecond: RATE,
        alertEvery: ALERT_EVERY,
        secs,
        fsync: 'synchronous=FULL',
        tls: false,
        frozenSubscribers: 1,
        node: process.version,
      },
    }
  } finally {
    await broker.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
