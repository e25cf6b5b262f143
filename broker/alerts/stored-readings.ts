import type { Reading } from '../../device-drivers/reading.ts'
import type { Journal } from '../store/journal.ts'
import { type JudgedReading, judgedReading } from './judged-reading.ts'

/** Stored readings of citizens in the order in which they happened, for going back. */
export interface StoredReadings {
  /** @returns a function that gives those after a position; it remembers what it read, so use it for one judging only */
  of(citizen: string): (after: string) => readonly JudgedReading[]
}

const inOrder = (a: JudgedReading, b: JudgedReading): number => (a.position < b.position ? -1 : 1)

export function openStoredReadings(journal: Journal): StoredReadings {
  // A reading happened when it was measured or before (its clock may run ahead), so none is missed.
  const select = journal.database.prepare(
    `SELECT payload, stored_at FROM readings WHERE citizen = ? AND measured_at >= ? AND state = 'clinical'`,
  )
  return {
    of(citizen) {
      let read: { readonly after: string; readonly readings: readonly JudgedReading[] } | undefined
      return (after) => {
        if (read === undefined || after < read.after) {
          const rows = select.all(citizen, after.slice(0, after.indexOf('/') < 0 ? undefined : after.indexOf('/')))
          const readings = rows
            .flatMap(
              (row) => judgedReading(JSON.parse(String(row['payload'])) as Reading, String(row['stored_at'])) ?? [],
            )
            .sort(inOrder)
          read = { after, readings }
        }
        return read.readings.filter(({ position }) => position > after)
      }
    },
  }
}
