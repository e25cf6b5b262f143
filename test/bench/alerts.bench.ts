import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import mqtt from 'mqtt'
import type { AlertMessage } from '../../broker/contract/alert.ts'
import { topics } from '../../broker/contract/topics.ts'
import { journalPath } from '../../broker/provision.ts'
import { provision, residentMb, startBroker } from '../support/broker-process.ts'
import { alertFleet, DAY_MS, fill, type History, openHistory, TIMED_RULE } from './alert-history.ts'
import { type Bench, percentile } from './bench.ts'
import { CLIENT, citizenId, connectHubs, ORGANISATION, publishReadings, spo2Reading } from './fleet.ts'

/**
 * What judging costs with months of history: in this process reading by reading, with 90 and with 9 days behind it; and
 * through the real broker, from the publish at a hub to the alert at a subscriber.
 */

const HUBS = 50
const PER_HUB = 40
const CITIZENS = HUBS * PER_HUB
const DAYS = 90
const FEW_DAYS = 9
const RATE = 500
const ALERT_EVERY = 5
/** Two readings of everybody: the first one after a start reads where eight rules stand, and writes the end of a day. */
const WARM_UP_S = 8
/** Of the evaluation alone. */
const JUDGED_CITIZENS = 200
const JUDGED_EACH = 5

const LIMITS = [
  { figure: 'p50Ms', atMost: 15 },
  { figure: 'p99Ms', atMost: 120 },
  { figure: 'missing', atMost: 0 },
  { figure: 'readingsPerSecond', atLeast: RATE * 0.98 },
  { figure: 'judgingMedianMs', atMost: 1 },
  // Reading times differ by a factor of two between runs on a busy machine; growing with history would be a factor of ten.
  { figure: 'costRatio', atMost: 2 },
]

/** The time series takes the months of history first: a broker in use has done so long ago. */
async function followed(httpUrl: string): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`${httpUrl}/metrics`)).text()
    if (/time_series_lag 0$/m.test(metrics)) return
    await after(500)
  }
}

/** Milliseconds of judging one reading, each in its own commit, without the storing of the reading itself. */
function judgingTimes(history: History, start: number): number[] {
  const times: number[] = []
  for (let i = 0; i < JUDGED_CITIZENS * JUDGED_EACH; i++) {
    const citizen = i % JUDGED_CITIZENS
    const ms = start + Math.floor(i / JUDGED_CITIZENS) * 60_000
    const at = new Date(ms).toISOString()
    history.journal.transaction(() => {
      history.alerts.begin()
      history.store(citizen, spo2Reading(citizen, 2_000_000 + i, 95, at), at)
      const before = performance.now()
      history.alerts.end(at)
      times.push(performance.now() - before)
    })
    history.alerts.committed()
  }
  return times.sort((a, b) => a - b)
}

function costOf(dir: string, days: number): number[] {
  const history = openHistory(join(dir, `cost-${days}.db`), alertFleet(1, JUDGED_CITIZENS))
  try {
    const start = Date.now() - DAY_MS
    fill(history, JUDGED_CITIZENS, days, start)
    return judgingTimes(history, start)
  } finally {
    history.journal.close()
  }
}

export const bench: Bench = async ({ secs = 20, seed, onProgress }) => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-alerts-'))
  try {
    const few = costOf(dir, FEW_DAYS)
    const many = costOf(dir, DAYS)
    onProgress(`judging measured; writing ${CITIZENS} citizens with ${DAYS} days`)
    const secrets = provision(dir, alertFleet(HUBS, PER_HUB))
    const history = openHistory(journalPath(dir))
    fill(history, CITIZENS, DAYS, Date.now() - DAY_MS)
    history.journal.close()
    const broker = await startBroker(dir)
    try {
      await followed(broker.httpUrl)
      const password = secrets.clients[CLIENT] ?? ''
      const subscriber = await mqtt.connectAsync(broker.mqttUrl, { clientId: CLIENT, username: CLIENT, password })
      const sentAt = new Map<string, number>()
      const latencies: number[] = []
      subscriber.on('message', (_topic, payload) => {
        const now = performance.now()
        if (payload.length === 0) return
        const alert = JSON.parse(payload.toString()) as AlertMessage
        if (alert.rule.id !== TIMED_RULE) return
        const key = `${alert.citizen}/${alert.state}/${alert.state === 'open' ? alert.openedAt : alert.closedAt}`
        const sent = sentAt.get(key)
        if (sent === undefined) return
        sentAt.delete(key)
        if (sent > 0) latencies.push(now - sent)
      })
      await subscriber.subscribeAsync(`${topics.orgRoot(ORGANISATION)}/alerts/#`, { qos: 1 })
      const hubs = await connectHubs(broker.mqttUrl, secrets, HUBS)
      onProgress(`${HUBS} hubs connected; ${WARM_UP_S} s warm-up, then ${secs} s at ${RATE}/s`)
      const total = (WARM_UP_S + secs) * RATE
      const alerting = new Set<number>()
      const pending: Promise<void>[] = []
      const start = performance.now()
      let expected = 0
      for (let i = 0; i < total; i++) {
        const wait = start + (i * 1000) / RATE - performance.now()
        if (wait > 1) await after(wait)
        const citizen = (i * 7 + seed) % CITIZENS
        const hub = hubs[Math.floor(citizen / PER_HUB)]
        if (hub === undefined) throw new Error('no such hub')
        // Another fifth of the citizens in each round, so that nobody goes up and down all day.
        const changes = (i + Math.floor(i / CITIZENS)) % ALERT_EVERY === 0
        if (changes && !alerting.delete(citizen)) alerting.add(citizen)
        const open = alerting.has(citizen)
        const at = new Date(Date.now() - 1000 + (i % 1000)).toISOString()
        if (changes) {
          const measured = i >= WARM_UP_S * RATE
          if (measured) expected++
          sentAt.set(`${citizenId(citizen)}/${open ? 'open' : 'closed'}/${at}`, measured ? performance.now() : 0)
        }
        pending.push(publishReadings(hub, [spo2Reading(citizen, i + 1, open ? 88 : 96, at)]))
      }
      const elapsedS = (performance.now() - start) / 1000
      await Promise.all(pending)
      for (let i = 0; i < 50 && latencies.length < expected; i++) await after(100)
      latencies.sort((a, b) => a - b)
      const figures = {
        p50Ms: percentile(latencies, 0.5),
        p99Ms: percentile(latencies, 0.99),
        maxMs: latencies.at(-1) ?? Number.NaN,
        alerts: latencies.length,
        missing: expected - latencies.length,
        readingsPerSecond: total / elapsedS,
        judgingMedianMs: percentile(many, 0.5),
        judgingP99Ms: percentile(many, 0.99),
        judgingMedianFewDaysMs: percentile(few, 0.5),
        costRatio: percentile(many, 0.5) / percentile(few, 0.5),
        brokerResidentMb: residentMb(broker.pid),
      }
      await Promise.all([subscriber, ...hubs.map((h) => h.client)].map((c) => c.endAsync(true)))
      return {
        figures,
        limits: LIMITS,
        conditions: {
          hubs: HUBS,
          citizens: CITIZENS,
          rulesEach: 8,
          daysOfHistory: DAYS,
          fewDays: FEW_DAYS,
          ratePerSecond: RATE,
          alertEvery: ALERT_EVERY,
          secs,
          fsync: 'synchronous=FULL',
          tls: false,
          node: process.version,
        },
      }
    } finally {
      await broker.stop()
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
