import { setTimeout as after } from 'node:timers/promises'
import type { AlertMessage } from '../../broker/contract/alert.ts'
import { percentile } from './bench.ts'
import { citizenId, type LoadHub, publishReadings, spo2Reading } from './fleet.ts'

/** From the publish of a reading that changes an alert to that alert at a subscriber of the same process. */

/** How long to wait for what is still on its way when the load has ended. */
const LATE_MS = 5_000
const LOOK_EVERY_MS = 100

export interface AlertStopwatch {
  /** Before the publish. @param measured false: warm-up, which counts for nothing */
  sent(citizen: number, open: boolean, at: string, measured: boolean): void
  /** A message on an alert topic. */
  heard(payload: Buffer): void
  /** Waits until every alert is there, and for `more`; what is not there in time is missing. */
  settled(more?: () => boolean): Promise<void>
  /** Once `settled`. */
  figures(): { p50Ms: number; p99Ms: number; maxMs: number; alerts: number; missing: number }
}

/** @param counts which alerts are waited for */
export function alertStopwatch(counts: (alert: AlertMessage) => boolean = () => true): AlertStopwatch {
  const sentAt = new Map<string, number>()
  const latencies: number[] = []
  let expected = 0
  return {
    sent(citizen, open, at, measured) {
      if (measured) expected++
      sentAt.set(`${citizenId(citizen)}/${open ? 'open' : 'closed'}/${at}`, measured ? performance.now() : 0)
    },
    heard(payload) {
      const now = performance.now()
      if (payload.length === 0) return
      const alert = JSON.parse(payload.toString()) as AlertMessage
      if (!counts(alert)) return
      const key = `${alert.citizen}/${alert.state}/${alert.state === 'open' ? alert.openedAt : alert.closedAt}`
      const sent = sentAt.get(key)
      if (sent === undefined) return
      sentAt.delete(key)
      if (sent > 0) latencies.push(now - sent)
    },
    async settled(more = () => true) {
      for (let ms = 0; ms < LATE_MS && !(latencies.length >= expected && more()); ms += LOOK_EVERY_MS) {
        await after(LOOK_EVERY_MS)
      }
      latencies.sort((a, b) => a - b)
    },
    figures: () => ({
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      maxMs: latencies.at(-1) ?? Number.NaN,
      alerts: latencies.length,
      missing: expected - latencies.length,
    }),
  }
}

export interface AlertLoad {
  readonly hubs: readonly LoadHub[]
  readonly perHub: number
  /** Readings per second. */
  readonly rate: number
  /** Every so many readings open or close an alert; the others are within limits or stay outside. */
  readonly alertEvery: number
  readonly warmUpS: number
  readonly secs: number
  readonly seed: number
}

/** Publishes at the rate, and returns when the hubs have every PUBACK. */
export async function publishAlertLoad(
  load: AlertLoad,
  stopwatch: AlertStopwatch,
): Promise<{ total: number; readingsPerSecond: number }> {
  const { perHub, rate } = load
  const citizens = load.hubs.length * perHub
  const total = (load.warmUpS + load.secs) * rate
  const alerting = new Set<number>()
  const pending: Promise<void>[] = []
  const start = performance.now()
  for (let i = 0; i < total; i++) {
    const wait = start + (i * 1000) / rate - performance.now()
    if (wait > 1) await after(wait)
    const citizen = (i * 7 + load.seed) % citizens
    const hub = load.hubs[Math.floor(citizen / perHub)]
    if (hub === undefined) throw new Error('no such hub')
    // Another fifth of the citizens in each round: more than six changes in a day are one unstable alert.
    const changes = (i + Math.floor(i / citizens)) % load.alertEvery === 0
    if (changes && !alerting.delete(citizen)) alerting.add(citizen)
    const open = alerting.has(citizen)
    // Every reading of a citizen is later than the one before, and its time is the key by which its alert is found.
    const at = new Date(Date.now() - 1000 + (i % 1000)).toISOString()
    if (changes) stopwatch.sent(citizen, open, at, i >= load.warmUpS * rate)
    pending.push(publishReadings(hub, [spo2Reading(citizen, i + 1, open ? 88 : 96, at)]))
  }
  const elapsedS = (performance.now() - start) / 1000
  await Promise.all(pending)
  return { total, readingsPerSecond: total / elapsedS }
}
