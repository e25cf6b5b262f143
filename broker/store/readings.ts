import type { Kind, RawReading, Reading } from '../../device-drivers/reading.ts'
import type { FeedReading } from '../contract/messages.ts'
import { isoTime } from './iso-time.ts'
import type { Journal } from './journal.ts'

/** Where a reading came from and when: the same for all readings of one commit but for `seq`. */
interface Arrival {
  readonly hub: string
  readonly epoch: string
  readonly seq: number
  readonly storedAt: string
}

export type Standing =
  | { readonly state: 'clinical'; readonly citizen: string }
  | { readonly state: 'held'; readonly reason: string }
  | { readonly state: 'test' }

/** A reading that waits for an assignment. */
interface HeldRow {
  readonly cursor: number
  readonly hub: string
  readonly device: string
  readonly slot: number | undefined
  readonly measuredAt: string
  readonly storedAt: string
  readonly payload: string
}

/** The rows of readings. Everything here runs inside the caller's transaction. */
export interface ReadingRows {
  /** @returns the reading's cursor, or undefined when its id is stored already */
  insert(reading: RawReading, arrival: Arrival, standing: Standing, late: boolean): number | undefined
  /**
   * Takes the rightful hub's words in the place of those under the same id that another hub brought before and that are
   * held for it: that hub may have overheard the device, or made them up.
   * @returns the reading's cursor, or undefined when nothing of that kind is held
   */
  adopt(reading: RawReading, arrival: Arrival, citizen: string, late: boolean): number | undefined
  /** The next held readings after a cursor, oldest first. */
  held(after: number, limit: number): readonly HeldRow[]
  release(cursor: number, citizen: string, late: boolean): void
}

export function openReadingRows(journal: Journal): ReadingRows {
  const sql = (text: string) => journal.database.prepare(text)
  const insertReading = sql(
    `INSERT INTO readings (id, hub, epoch, seq, device, slot, citizen, kind, measured_at, received_at, stored_at, late,
       state, held_reason, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  )
  const updateAdopted = sql(
    `UPDATE readings SET hub = ?, epoch = ?, seq = ?, device = ?, slot = ?, citizen = ?, kind = ?, measured_at = ?,
       received_at = ?, stored_at = ?, late = ?, state = 'clinical', held_reason = NULL, payload = ?
     WHERE id = ? AND state = 'held' AND hub <> ? RETURNING cursor`,
  )
  const insertRaw = sql(
    'INSERT INTO raw_packets (reading, packets) VALUES (?, ?) ON CONFLICT DO UPDATE SET packets = excluded.packets',
  )
  const insertLog = sql('INSERT INTO clinical_log (reading) VALUES (?)')
  const selectHeld = sql(
    `SELECT cursor, hub, device, slot, measured_at, stored_at, payload FROM readings
     WHERE state = 'held' AND cursor > ? ORDER BY cursor LIMIT ?`,
  )
  const updateReleased = sql(
    `UPDATE readings SET state = 'clinical', citizen = ?, held_reason = NULL, late = ? WHERE cursor = ?`,
  )

  return {
    insert(raw, arrival, standing, late) {
      const { raw: packets, ...reading } = raw
      const { changes, lastInsertRowid } = insertReading.run(
        reading.id,
        arrival.hub,
        arrival.epoch,
        arrival.seq,
        reading.device,
        reading.slot ?? null,
        standing.state === 'clinical' ? standing.citizen : null,
        reading.kind,
        reading.measuredAt,
        reading.receivedAt,
        arrival.storedAt,
        late ? 1 : 0,
        standing.state,
        standing.state === 'held' ? standing.reason : null,
        JSON.stringify(reading),
      )
      if (changes === 0) return undefined
      const cursor = Number(lastInsertRowid)
      if (packets.length > 0) insertRaw.run(cursor, JSON.stringify(packets))
      if (standing.state === 'clinical') insertLog.run(cursor)
      return cursor
    },
    adopt({ raw: packets, ...reading }, arrival, citizen, late) {
      const adopted = updateAdopted.get(
        arrival.hub,
        arrival.epoch,
        arrival.seq,
        reading.device,
        reading.slot ?? null,
        citizen,
        reading.kind,
        reading.measuredAt,
        reading.receivedAt,
        arrival.storedAt,
        late ? 1 : 0,
        JSON.stringify(reading),
        reading.id,
        arrival.hub,
      )
      if (adopted === undefined) return undefined
      const cursor = Number(adopted['cursor'])
      insertRaw.run(cursor, JSON.stringify(packets))
      insertLog.run(cursor)
      return cursor
    },
    held(after, limit) {
      return selectHeld.all(after, limit).map((row) => ({
        cursor: Number(row['cursor']),
        hub: String(row['hub']),
        device: String(row['device']),
        slot: typeof row['slot'] === 'number' ? row['slot'] : undefined,
        measuredAt: String(row['measured_at']),
        storedAt: String(row['stored_at']),
        payload: String(row['payload']),
      }))
    },
    release(cursor, citizen, late) {
      updateReleased.run(citizen, late ? 1 : 0, cursor)
      insertLog.run(cursor)
    },
  }
}

/** Measured this long before it was stored, a reading is late: it goes to backfill, not to the live topic. */
const LATE_AFTER_MS = 10 * 60_000

/** Readings measured before this time are late. @param now wall time of storing, ms since 1970 */
export const lateBefore = (now: number): string => isoTime(now - LATE_AFTER_MS)

/** A citizen's readings of these kinds by time of measuring, oldest first; `from` inclusive, `to` exclusive. */
export function readingsOf(
  journal: Journal,
  citizen: string,
  kinds: readonly Kind[],
  from: string,
  to: string,
  limit: number,
): Omit<FeedReading, 'cursor'>[] {
  return journal.database
    .prepare(
      `SELECT hub, stored_at, payload FROM readings
       WHERE citizen = ? AND kind IN (SELECT value FROM json_each(?)) AND measured_at >= ? AND measured_at < ?
       ORDER BY measured_at, id LIMIT ?`,
    )
    .all(citizen, JSON.stringify(kinds), from, to, limit)
    .map((row) => ({
      citizen,
      hub: String(row['hub']),
      storedAt: String(row['stored_at']),
      reading: JSON.parse(String(row['payload'])) as Reading,
    }))
}
