import { openJournal } from '../../broker/store/journal.ts'
import { openReadingRows } from '../../broker/store/readings.ts'
import { seeded } from '../support/random.ts'
import { hubOf } from './clinic-people.ts'
import { citizenId, readingIdOf } from './fleet.ts'

/** Somebody of the clinic who has worn a glucose sensor for a year: a value each five minutes. */

const EVERY_MS = 5 * 60_000
const YEAR_MS = 365 * 24 * 3600_000

/** Measures everything, as who is opened otherwise, and has an alert. */
const WEARER = 10
export const SENSOR_WEARER = citizenId(WEARER)

/** @returns how many readings were written: one after another, as they never lie in the file of a clinic */
export function writeSensorYear(path: string, now: number, seed: number): number {
  const random = seeded(seed)
  const journal = openJournal(path)
  const count = YEAR_MS / EVERY_MS
  try {
    journal.database.exec('PRAGMA synchronous = OFF')
    const rows = openReadingRows(journal)
    journal.transaction(() => {
      for (let n = 1; n <= count; n++) {
        const at = new Date(now - (count - n + 1) * EVERY_MS).toISOString()
        const of = (value: number, unit: string, decimals: number) => ({
          value: Number(value.toFixed(decimals)),
          unit,
          decimals,
        })
        rows.insert(
          {
            id: readingIdOf(`sensor/${n}`),
            kind: 'glucose-continuous',
            values: {
              glucose: of(7 + 3 * Math.sin(n / 50) + random(), 'mmol/L', 1),
              glucoseTrend: of((random() - 0.5) / 10, 'mmol/L/min', 2),
              sensorQuality: of(95, '%', 0),
            },
            status: random() < 0.02 ? ['questionable'] : [],
            deviceTime: at.slice(0, 19),
            measuredAt: at,
            receivedAt: at,
            clock: { quality: 'synced', offsetMs: 0 },
            device: 'sensor-0010',
            driver: 'cgm-service',
            sequence: n,
            origin: 'automatic',
            raw: [{ source: 'cgm', hex: '0ec36df0150a0055aa' }],
          },
          { hub: hubOf(WEARER), epoch: 'fedcba9876543211', seq: n, storedAt: at },
          { state: 'clinical', citizen: SENSOR_WEARER },
          false,
        )
      }
    })
    journal.database.exec(`UPDATE followers SET position = (SELECT max(position) FROM clinical_log)`)
    journal.database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    return count
  } finally {
    journal.close()
  }
}
