import { type AlertLog, openAlertLog } from '../../broker/alerts/alert-log.ts'
import type { Log } from '../../broker/log.ts'
import { applyRegistry, openRegistry } from '../../broker/registry.ts'
import { type Journal, openJournal } from '../../broker/store/journal.ts'
import { openReadingRows } from '../../broker/store/readings.ts'
import type { RawReading } from '../../device-drivers/reading.ts'
import type { Registry } from '../support/broker-process.ts'
import { citizenId, fleetRegistry, hubId, ORGANISATION, spo2Reading } from './fleet.ts'

/** A fleet of citizens with eight rules each and months of readings, written by the broker's own functions. */

const FROM = '2020-01-01T00:00:00.000Z'
export const DAY_MS = 24 * 3_600_000
const decided = { from: FROM, author: 'physician-0001', reason: 'benchmark' }
/** The rule whose alerts are timed; the others are there to be judged too. */
export const TIMED_RULE = 'limits-oxygen-saturation'

/** All of them look at what an oximeter measures, so every reading moves all eight. */
const RULES = [
  { id: TIMED_RULE, type: 'limits', quantity: 'oxygenSaturation', limits: { alertLow: 80, warningLow: 90 } },
  {
    id: 'limits-pulse-rate',
    type: 'limits',
    quantity: 'pulseRate',
    limits: { warningHigh: 110, alertHigh: 120 },
    pending: { count: 2, of: 3 },
    clear: { margin: 2, readings: 2 },
  },
  {
    id: 'saturation-fall',
    type: 'change',
    quantity: 'oxygenSaturation',
    direction: 'fall',
    measure: 'points',
    yellow: 10,
    red: 15,
  },
  {
    id: 'saturation-fall-percent',
    type: 'change',
    quantity: 'oxygenSaturation',
    direction: 'fall',
    measure: 'percent',
    yellow: 12,
    red: 20,
    days: 14,
  },
  {
    id: 'pulse-rise',
    type: 'change',
    quantity: 'pulseRate',
    direction: 'rise',
    measure: 'points',
    yellow: 40,
    spread: 3,
  },
  {
    id: 'pulse-gain',
    type: 'gain',
    quantity: 'pulseRate',
    windows: [
      { days: 1, yellow: 50 },
      { days: 7, red: 70 },
    ],
    average: { days: 14, yellow: 50 },
  },
  { id: 'news2', type: 'score', score: 'news2', scale: 1 },
  {
    id: 'symptoms',
    type: 'answers',
    conditions: [
      {
        level: 'red',
        of: [
          { quantity: 'breathlessness', atLeast: 1 },
          { quantity: 'oxygenSaturation', below: 90 },
        ],
      },
    ],
  },
].map((rule) => ({ title: rule.id, ...rule }))

export function alertFleet(hubs: number, perHub: number): Registry {
  const fleet = fleetRegistry(hubs, perHub)
  return {
    ...fleet,
    limits: [],
    templates: [
      { template: 'bench', title: 'Benchmark', note: 'Nobody is treated by these.', ...decided, rules: RULES },
    ],
    watches: fleet.citizens.map(({ id }) => ({
      citizen: id,
      template: 'bench',
      organisation: ORGANISATION,
      ...decided,
    })),
  }
}

const SILENT: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (event, fields) => console.error(event, fields),
}

export interface History {
  readonly journal: Journal
  readonly alerts: AlertLog
  /** Stores and notes one reading in the caller's transaction, as the ingest does. */
  store(citizen: number, reading: RawReading, storedAt: string): void
}

export function openHistory(path: string, registry?: Registry): History {
  const journal = openJournal(path)
  if (registry !== undefined) applyRegistry(journal, registry)
  const rows = openReadingRows(journal)
  const alerts = openAlertLog(journal, openRegistry(journal), SILENT)
  let seq = 0
  return {
    journal,
    alerts,
    store(citizen, reading, storedAt) {
      seq += 1
      const arrival = { hub: hubId(0), epoch: 'fedcba9876543210', seq, storedAt }
      rows.insert(reading, arrival, { state: 'clinical', citizen: citizenId(citizen) }, false)
      alerts.note(citizenId(citizen), reading, storedAt)
    },
  }
}

/** Citizens in one transaction. */
const AT_ONCE = 50

/**
 * One reading each morning for so many days up to yesterday, within all limits; nobody waits for this disk.
 * @param start ms of today
 */
export function fill(history: History, citizens: number, days: number, start: number): void {
  const { journal, alerts } = history
  journal.database.exec('PRAGMA synchronous = OFF')
  for (let first = 0; first < citizens; first += AT_ONCE) {
    const now = new Date(start).toISOString()
    journal.transaction(() => {
      alerts.begin()
      for (let citizen = first; citizen < Math.min(citizens, first + AT_ONCE); citizen++) {
        for (let day = days; day >= 1; day--) {
          const at = new Date(start - day * DAY_MS + (citizen % 3_600) * 1_000).toISOString()
          history.store(citizen, spo2Reading(citizen, 1_000_000 + day, 94 + ((citizen + day) % 4), at), now)
        }
      }
      alerts.end(now)
    })
    alerts.committed()
  }
  journal.database.exec('PRAGMA synchronous = FULL')
}
