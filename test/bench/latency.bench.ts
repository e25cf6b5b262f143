import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { topics } from '../../broker/contract/topics.ts'
import { provision, residentMb, startBroker } from '../support/broker-process.ts'
import { alertStopwatch, publishAlertLoad } from './alert-latency.ts'
import type { Bench } from './bench.ts'
import { CLIENT, connectHubs, fleetRegistry, ORGANISATION } from './fleet.ts'
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
  const secrets = await provision(dir, fleetRegistry(HUBS, PER_HUB))
  const broker = await startBroker(dir)
  const password = secrets.clients[CLIENT] ?? ''
  try {
    const subscriber = await mqtt.connectAsync(broker.mqttUrl, { clientId: CLIENT, username: CLIENT, password })
    const stopwatch = alertStopwatch()
    let readingsSeen = 0
    subscriber.on('message', (topic, payload) => {
      if (topic.includes('/alerts/')) stopwatch.heard(payload)
      else readingsSeen++
    })
    await subscriber.subscribeAsync(`${topics.orgRoot(ORGANISATION)}/#`, { qos: 1 })
    const frozen = await frozenSubscriber(broker.mqttUrl, CLIENT, password, `${topics.orgRoot(ORGANISATION)}/#`)
    const hubs = await connectHubs(broker.mqttUrl, secrets, HUBS)
    onProgress(`${HUBS} hubs connected, one frozen subscriber; ${WARM_UP_S} s warm-up, then ${secs} s at ${RATE}/s`)

    const load = { hubs, perHub: PER_HUB, rate: RATE, alertEvery: ALERT_EVERY, warmUpS: WARM_UP_S, secs, seed }
    const { total, readingsPerSecond } = await publishAlertLoad(load, stopwatch)
    await stopwatch.settled(() => readingsSeen >= total)
    const figures = {
      ...stopwatch.figures(),
      readingsPerSecond,
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
