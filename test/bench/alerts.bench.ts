import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import mqtt from 'mqtt'
import { topics } from '../../broker/contract/topics.ts'
import { journalPath } from '../../broker/provision.ts'
import { provision, residentMb, startBroker } from '../support/broker-process.ts'
import { alertFleet, DAY_MS, fill, type History, openHistory, TIMED_RULE } from './alert-history.ts'
import { alertStopwatch, publishAlertLoad } from './alert-latency.ts'
import { type Bench, percentile } from './bench.ts'
import { CLIENT, connectHubs, ORGANISATION, spo2Reading } from './fleet.ts'

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
    const secrets = await provision(dir, alertFleet(HUBS, PER_HUB))
    const history = openHistory(journalPath(dir))
    fill(history, CITIZENS, DAYS, Date.now() - DAY_MS)
    history.journal.close()
    const broker = await startBroker(dir)
    try {
      await followed(broker.httpUrl)
      const password = secrets.clients[CLIENT] ?? ''
      const subscriber = await mqtt.connectAsync(broker.mqttUrl, { clientId: CLIENT, username: CLIENT, password })
      const stopwatch = alertStopwatch((alert) => alert.rule.id === TIMED_RULE)
      subscriber.on('message', (_topic, payload) => stopwatch.heard(payload))
      await subscriber.subscribeAsync(`${topics.orgRoot(ORGANISATION)}/alerts/#`, { qos: 1 })
      const hubs = await connectHubs(broker.mqttUrl, secrets, HUBS)
      onProgress(`${HUBS} hubs connected; ${WARM_UP_S} s warm-up, then ${secs} s at ${RATE}/s`)
      const load = { hubs, perHub: PER_HUB, rate: RATE, alertEvery: ALERT_EVERY, warmUpS: WARM_UP_S, secs, seed }
      const { readingsPerSecond } = await publishAlertLoad(load, stopwatch)
      await stopwatch.settled()
      const figures = {
        ...stopwatch.figures(),
        readingsPerSecond,
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
