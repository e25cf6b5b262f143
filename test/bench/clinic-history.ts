import { type AlertLog, openAlertLog } from '../../broker/alerts/alert-log.ts'
import { applyRegistry, openRegistry } from '../../broker/registry.ts'
import { type Journal, openJournal } from '../../broker/store/journal.ts'
import { openReadingRows, type ReadingRows } from '../../broker/store/readings.ts'
import type { Kind, RawReading } from '../../device-drivers/reading.ts'
import { seeded } from '../support/random.ts'
import { clinicRegistry, conditionOf, deviceOf, hubOf, type Measured } from './clinic-people.ts'
import { citizenId, ORGANISATION, readingIdOf } from './fleet.ts'

/**
 * A clinic's journal after a year: written by the broker's own functions, day by day, so that one citizen's readings lie
 * as far apart in the file as they do in life. The last weeks are judged; what lies before was judged when it came.
 */

const DAY_MS = 24 * 3600_000
const DAYS = 365
/** Enough for a normal of each quantity. */
const JUDGED_DAYS = 20
const EPOCH = 'fedcba9876543210'

export interface ClinicHistory {
  readonly readings: number
  readonly openAlerts: number
  readonly seconds: number
}

interface Writer {
  readonly journal: Journal
  readonly rows: ReadingRows
  readonly random: () => number
  seq: number
}

const values = (kind: Kind, random: () => number, alerting: 'no' | 'yellow' | 'red'): RawReading['values'] => {
  const of = (value: number, unit: string, decimals = 0) => ({ value: Number(value.toFixed(decimals)), unit, decimals })
  const about = (middle: number, width: number) => middle + (random() - 0.5) * width
  const worse = alerting === 'no' ? 0 : alerting === 'yellow' ? 1 : 2
  switch (kind) {
    case 'oxygen-saturation':
      return {
        oxygenSaturation: of([about(94, 4), 89, 84][worse] as number, '%'),
        pulseRate: of(about(76, 16), '/min'),
        perfusionIndex: of(about(4, 3), '%', 1),
      }
    case 'blood-pressure':
      return {
        systolic: of([about(128, 16), 155, 175][worse] as number, 'mm[Hg]'),
        diastolic: of(about(78, 12), 'mm[Hg]'),
        meanArterial: of(about(95, 10), 'mm[Hg]'),
        pulseRate: of(about(72, 14), '/min'),
      }
    case 'weight':
      return { weight: of([about(82, 0.8), 85.4, 88.1][worse] as number, 'kg', 1), bmi: of(about(27, 0.3), 'kg/m2', 1) }
    case 'glucose':
      return { glucose: of([about(7, 3), 15.2, 21.4][worse] as number, 'mmol/L', 1) }
    case 'spirometry':
      return {
        fev1: of(about(1.6, 0.2), 'L', 2),
        fvc: of(about(2.9, 0.2), 'L', 2),
        peakFlow: of(about(260, 40), 'L/min'),
      }
    case 'temperature':
      return { bodyTemperature: of(about(36.7, 0.6), 'Cel', 1) }
    default:
      return { breathlessness: of(random() < 0.9 ? 0 : 1, '{score}'), cough: of(0, '{score}') }
  }
}

function readingOf(
  writer: Writer,
  citizen: number,
  { kind, driver }: Measured,
  ms: number,
  alerting: 'no' | 'yellow' | 'red',
): RawReading {
  const at = new Date(ms).toISOString()
  const { random } = writer
  const serial = writer.seq
  return {
    id: readingIdOf(`${citizen}/${kind}/${serial}`),
    kind,
    values: values(kind, random, alerting),
    status: alerting === 'no' && random() < 0.02 ? ['body-movement'] : [],
    deviceTime: at.slice(0, 19),
    measuredAt: at,
    receivedAt: at,
    clock: { quality: 'synced', offsetMs: Math.floor(random() * 2_000) },
    device: deviceOf(citizen, kind),
    driver,
    sequence: serial,
    origin: 'automatic',
    raw: [{ source: driver, hex: '0002000e2015041509301500020000480000006200c003' }],
  }
}

/** What a citizen measures on a day, each at its time of the morning or evening. */
function* dayOf(writer: Writer, citizen: number, day: number, start: number, alerting: 'no' | 'yellow' | 'red') {
  const plan = conditionOf(citizen)
  for (const [place, measured] of plan.entries()) {
    if ((day + citizen) % measured.everyDays !== 0) continue
    for (let time = 0; time < measured.timesADay; time++) {
      const hour = time === 0 ? 6 : 18
      const ms = start - day * DAY_MS + hour * 3600_000 + place * 60_000 + Math.floor(writer.random() * 3600_000)
      // What comes last that day decides.
      const isLast = place === 0 && time === measured.timesADay - 1
      yield readingOf(writer, citizen, measured, ms, isLast ? alerting : 'no')
    }
  }
}

function store(writer: Writer, citizen: number, reading: RawReading): void {
  writer.seq += 1
  const arrival = { hub: hubOf(citizen), epoch: EPOCH, seq: writer.seq, storedAt: reading.receivedAt }
  writer.rows.insert(reading, arrival, { state: 'clinical', citizen: citizenId(citizen) }, false)
}

function judgedDay(writer: Writer, alerts: AlertLog, citizens: number, day: number, start: number): void {
  const now = new Date(start - (day - 1) * DAY_MS).toISOString()
  writer.journal.transaction(() => {
    alerts.begin()
    for (let citizen = 0; citizen < citizens; citizen++) {
      // Each seventh needs somebody this morning, each third of these at once.
      const alerting = day > 1 || citizen % 7 !== 3 ? 'no' : citizen % 3 === 0 ? 'red' : 'yellow'
      for (const reading of dayOf(writer, citizen, day, start, alerting)) {
        store(writer, citizen, reading)
        alerts.note(citizenId(citizen), reading, now)
      }
    }
    alerts.end(now)
  })
  alerts.committed()
}

/** The feed of the clinic, and what a broker in use has long published and copied. */
function settle(journal: Journal, citizens: number, now: number): void {
  const { database } = journal
  journal.transaction(() => {
    database
      .prepare(
        'INSERT INTO feeds (organisation, cursor, reading, late, citizen) SELECT ?, cursor, cursor, 0, citizen FROM readings',
      )
      .run(ORGANISATION)
    database.prepare('INSERT INTO feed_positions SELECT ?, max(cursor), max(cursor) FROM readings').run(ORGANISATION)
    database.prepare(`INSERT INTO followers SELECT 'embedded', max(position) FROM clinical_log`).run()
    const watched = database.prepare('INSERT INTO hub_watch (hub, last_heard) VALUES (?, ?)')
    const missed = database.prepare('INSERT INTO slot_verdicts VALUES (?, ?, ?, ?, ?)')
    const verdict = JSON.stringify({ state: 'missed', cause: 'not-measured' })
    for (let citizen = 0; citizen < citizens; citizen++) {
      watched.run(hubOf(citizen), now)
      for (let n = 1; n <= 5; n++) {
        const opens = now - n * 5 * DAY_MS
        missed.run(citizenId(citizen), conditionOf(citizen)[0]?.kind ?? 'weight', opens, opens + DAY_MS, verdict)
      }
    }
  })
}

/**
 * @param start ms since 1970 UTC of the midnight before now
 * @returns how much was written; nobody waits for this disk
 */
export function writeClinicHistory(
  path: string,
  citizens: number,
  start: number,
  now: number,
  seed: number,
): ClinicHistory {
  const began = performance.now()
  const journal = openJournal(path)
  try {
    journal.database.exec('PRAGMA synchronous = OFF')
    applyRegistry(journal, clinicRegistry(citizens, now))
    journal.database.exec('DELETE FROM evaluations_due')
    const writer: Writer = { journal, rows: openReadingRows(journal), random: seeded(seed), seq: 0 }
    for (let day = DAYS; day > JUDGED_DAYS; day--) {
      journal.transaction(() => {
        for (let citizen = 0; citizen < citizens; citizen++) {
          for (const reading of dayOf(writer, citizen, day, start, 'no')) store(writer, citizen, reading)
        }
      })
    }
    const silent = () => undefined
    const log = {
      debug: silent,
      info: silent,
      warn: silent,
      error: (event: string, fields: unknown) => console.error(event, fields),
    }
    const alerts = openAlertLog(journal, openRegistry(journal), log)
    for (let day = JUDGED_DAYS; day >= 1; day--) judgedDay(writer, alerts, citizens, day, start)
    settle(journal, citizens, now)
    journal.database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    const openAlerts = alerts.openAlerts().length
    return { readings: writer.seq, openAlerts, seconds: (performance.now() - began) / 1000 }
  } finally {
    journal.close()
  }
}
