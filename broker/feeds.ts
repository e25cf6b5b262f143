import type { Kind, Reading } from '../device-drivers/reading.ts'
import type { Audit } from './audit/entry.ts'
import { topics } from './contract/topics.ts'
import type { FeedEntry } from './feed-entry.ts'
import { fhirMessage } from './fhir/feed-message.ts'
import { organisationsFor } from './grants.ts'
import type { Outgoing, OutgoingSource } from './outgoing.ts'
import type { Registry } from './registry.ts'
import { disguiseReading } from './rights/pseudonyms.ts'
import { isoTime } from './store/iso-time.ts'
import type { Journal } from './store/journal.ts'

/**
 * One feed per organisation, fanned out on writing: a row exists only where a grant did. Cursors count up by one.
 * Published in cursor order per organisation, live and late ones alike, so that a subscriber sees every gap.
 */
export interface Feeds extends OutgoingSource {
  /** Forgets what a rolled-back transaction had collected. */
  begin(): void
  /** Writes the reading into the feed of every organisation that may have it now. */
  append(citizen: string, kind: Kind, cursor: number, late: boolean, now: string): void
  /**
   * Writes positions, in the caller's transaction; also how far was published. What went into a feed is in the audit
   * with the same commit, one row per organisation: before it can leave.
   */
  end(): void
  /** Entries that were not published yet. */
  unpublished(): number
}

/** Assembled as text: the reading is JSON already. */
function messageOf(organisation: string, entry: FeedEntry): Outgoing {
  const topic = entry.late ? topics.orgBackfill : topics.orgReading
  const { cursor, citizen, hub, storedAt } = entry
  return {
    topic: topic(organisation, citizen, entry.kind),
    payload: `${JSON.stringify({ cursor, citizen, hub, storedAt }).slice(0, -1)},"reading":${entry.reading}}`,
    qos: 1,
    retain: false,
    lane: entry.late ? 'backfill' : 'live',
  }
}

export function openFeeds(journal: Journal, registry: Registry, clock: { now(): number }, audit: Audit): Feeds {
  const sql = (text: string) => journal.database.prepare(text)
  const insert = sql('INSERT INTO feeds (organisation, cursor, reading, late, citizen) VALUES (?, ?, ?, ?, ?)')
  const selectLast = sql('SELECT last FROM feed_positions WHERE organisation = ?')
  const upsertLast = sql(
    `INSERT INTO feed_positions (organisation, last, published) VALUES (?, ?, 0)
     ON CONFLICT DO UPDATE SET last = excluded.last`,
  )
  const updatePublished = sql('UPDATE feed_positions SET published = max(published, ?) WHERE organisation = ?')
  const selectPositions = sql('SELECT organisation, last, published FROM feed_positions')
  const selectEntries = sql(
    `SELECT f.cursor, f.late, r.citizen, r.kind, r.hub, r.stored_at, r.payload
     FROM feeds f JOIN readings r ON r.cursor = f.reading
     WHERE f.organisation = ? AND f.cursor > ? ORDER BY f.cursor LIMIT ?`,
  )

  /** First and last cursors given out in this transaction. */
  const first = new Map<string, number>()
  const last = new Map<string, number>()
  /** How far each organisation's entries were handed to the publisher, and how far they were published. */
  const handedOut = new Map<string, number>()
  const published = new Map<string, number>()
  const saved = new Map<string, number>()
  const origin = new WeakMap<Outgoing, { readonly organisation: string; readonly cursor: number }>()
  let turn = 0

  function entries(organisation: string, after: number, limit: number): FeedEntry[] {
    return selectEntries.all(organisation, after, limit).map((row) => ({
      cursor: Number(row['cursor']),
      late: row['late'] === 1,
      citizen: String(row['citizen']),
      kind: String(row['kind']) as Kind,
      hub: String(row['hub']),
      storedAt: String(row['stored_at']),
      reading: String(row['payload']),
    }))
  }

  /** To a research organisation under pseudonyms, in whatever form it leaves. */
  function shownTo(organisation: string, entry: FeedEntry): FeedEntry {
    const pseudonym = registry.pseudonymsOf(organisation)
    if (pseudonym === undefined) return entry
    const { citizen, hub, reading } = disguiseReading(
      { ...entry, reading: JSON.parse(entry.reading) as Reading },
      pseudonym,
    )
    return { ...entry, citizen, hub, reading: JSON.stringify(reading) }
  }

  /** Entries that the organisation may have now. */
  function granted(organisation: string, page: readonly FeedEntry[]): FeedEntry[] {
    const now = isoTime(clock.now())
    return page.filter(({ citizen, kind }) =>
      organisationsFor(registry.grantsOf(citizen), citizen, kind, now).includes(organisation),
    )
  }

  function nextOf(organisation: string, from: number, limit: number): Outgoing[] {
    let after = from
    for (;;) {
      const page = entries(organisation, after, limit)
      const newest = page.at(-1)
      if (newest === undefined) return []
      after = newest.cursor
      handedOut.set(organisation, after)
      const messages = granted(organisation, page).flatMap((entry) => {
        const shown = shownTo(organisation, entry)
        const forms = [
          messageOf(organisation, shown),
          ...(registry.wantsFhir(organisation) ? fhirMessage(organisation, shown) : []),
        ]
        for (const message of forms) origin.set(message, { organisation, cursor: entry.cursor })
        return forms
      })
      if (messages.length > 0) return messages
      published.set(organisation, after)
    }
  }

  return {
    lane: 'live',
    begin() {
      first.clear()
      last.clear()
    },
    append(citizen, kind, cursor, late, now) {
      for (const organisation of organisationsFor(registry.grantsOf(citizen), citizen, kind, now)) {
        const next = (last.get(organisation) ?? Number(selectLast.get(organisation)?.['last'] ?? 0)) + 1
        insert.run(organisation, next, cursor, late ? 1 : 0, citizen)
        if (!first.has(organisation)) first.set(organisation, next)
        last.set(organisation, next)
      }
    },
    end() {
      for (const [organisation, cursor] of last) {
        upsertLast.run(organisation, cursor)
        const from = first.get(organisation) ?? cursor
        audit({
          actor: { type: 'system', id: 'feed', organisation },
          action: 'readings.release',
          cursors: [from, cursor],
          count: cursor - from + 1,
        })
      }
      for (const [organisation, cursor] of published) {
        if (saved.get(organisation) === cursor) continue
        updatePublished.run(cursor, organisation)
        saved.set(organisation, cursor)
      }
    },
    next(limit) {
      const waiting = selectPositions.all().flatMap((row) => {
        const organisation = String(row['organisation'])
        const from = handedOut.get(organisation) ?? Number(row['published'])
        return Number(row['last']) > from ? [{ organisation, from }] : []
      })
      // Taken in turn, so that one organisation's backlog doesn't keep the others waiting.
      for (const [index] of waiting.entries()) {
        const chosen = waiting[(index + turn) % waiting.length]
        const messages = chosen === undefined ? [] : nextOf(chosen.organisation, chosen.from, limit)
        if (messages.length === 0) continue
        turn += 1
        return messages
      }
      return []
    },
    published(messages) {
      for (const message of messages) {
        const from = origin.get(message)
        if (from !== undefined) published.set(from.organisation, from.cursor)
      }
    },
    unpublished() {
      return selectPositions.all().reduce((sum, row) => {
        const done = published.get(String(row['organisation'])) ?? Number(row['published'])
        return sum + Number(row['last']) - done
      }, 0)
    },
  }
}
