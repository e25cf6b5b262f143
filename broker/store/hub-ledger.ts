import type { Journal } from './journal.ts'
import { add, holes, includes, type Range, size } from './sequence-ranges.ts'

/**
 * Conservation, per hub: every sequence number that came was stored, a duplicate or quarantined, and is counted once
 * however often the hub repeats it. So received = stored + duplicate + quarantined at any moment, and together with
 * what the hub still holds it is what the hub has decoded.
 */
export interface HubCounts {
  /** Sequence numbers seen for the first time, and reused ones. */
  readonly received: number
  readonly stored: number
  /** The reading was stored before under another sequence number: read twice, or heard by two hubs. */
  readonly duplicate: number
  readonly quarantined: number
  /** Of quarantined readings and unreadable messages: beyond the bound of a day, so that their bytes were not kept. */
  readonly unkept: number
  /** Came before under the same number: a receipt was lost on the way. */
  readonly resent: number
  /** Another reading under a number that had come before: a cloned outbox. Stored all the same. */
  readonly reused: number
  /** Messages that did not even say which numbers they carried. */
  readonly unreadable: number
  /** Judged against limits. */
  readonly evaluated: number
}
type Count = keyof HubCounts

export interface EpochState {
  readonly hub: string
  readonly epoch: string
  readonly contiguous: number
  readonly highest: number
  readonly missing: number
}

/** More holes than this are no longer told apart (each costs a message of its own): counted as missing. */
const MAX_RANGES = 1_000
const COUNTS: readonly Count[] = [
  'received',
  'stored',
  'duplicate',
  'quarantined',
  'unkept',
  'resent',
  'reused',
  'unreadable',
  'evaluated',
]

/** Sequence numbers and counters of the hubs; collected during a transaction and written at its end. */
export interface HubLedger {
  /** Forgets what a rolled-back transaction had collected. */
  begin(): void
  has(hub: string, epoch: string, seq: number): boolean
  /** Marks numbers as come; returns how many of them are new. */
  mark(hub: string, epoch: string, range: Range): number
  count(hub: string, what: Count, by?: number): void
  /** Writes what was collected, in the caller's transaction. */
  end(at: string): void
  counts(): ReadonlyMap<string, HubCounts>
  epochs(): readonly EpochState[]
}

function parseRanges(text: unknown): readonly Range[] {
  return typeof text === 'string' ? (JSON.parse(text) as Range[]) : []
}

export function openHubLedger(journal: Journal): HubLedger {
  const sql = (text: string) => journal.database.prepare(text)
  const selectRanges = sql('SELECT ranges FROM hub_epochs WHERE hub = ? AND epoch = ?')
  const upsertEpoch = sql(
    `INSERT INTO hub_epochs (hub, epoch, ranges, contiguous, highest, missing, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET ranges = excluded.ranges, contiguous = excluded.contiguous, highest = excluded.highest,
       missing = excluded.missing, updated_at = excluded.updated_at`,
  )
  const upsertCounts = sql(
    `INSERT INTO hub_counts (hub, ${COUNTS.join(', ')}) VALUES (?${', ?'.repeat(COUNTS.length)})
     ON CONFLICT DO UPDATE SET ${COUNTS.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`,
  )
  const selectCounts = sql('SELECT * FROM hub_counts')
  const selectEpochs = sql('SELECT hub, epoch, contiguous, highest, missing FROM hub_epochs')

  const ranges = new Map<string, readonly Range[]>()
  const changed = new Set<string>()
  const counted = new Map<string, Record<Count, number>>()
  // Ids hold no blank.
  const key = (hub: string, epoch: string) => `${hub} ${epoch}`

  function rangesOf(hub: string, epoch: string): readonly Range[] {
    const known = ranges.get(key(hub, epoch))
    if (known !== undefined) return known
    const stored = parseRanges(selectRanges.get(hub, epoch)?.['ranges'])
    ranges.set(key(hub, epoch), stored)
    return stored
  }

  function count(hub: string, what: Count, by = 1): void {
    let counts = counted.get(hub)
    if (counts === undefined) {
      counts = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Record<Count, number>
      counted.set(hub, counts)
    }
    counts[what] += by
  }

  return {
    begin() {
      ranges.clear()
      changed.clear()
      counted.clear()
    },
    has: (hub, epoch, seq) => includes(rangesOf(hub, epoch), seq),
    mark(hub, epoch, range) {
      const before = rangesOf(hub, epoch)
      const after = add(before, range)
      const added = size(after) - size(before)
      if (added === 0 || (after.length > MAX_RANGES && after.length > before.length)) return added
      ranges.set(key(hub, epoch), after)
      changed.add(key(hub, epoch))
      return added
    },
    count,
    end(at) {
      for (const name of changed) {
        const [hub = '', epoch = ''] = name.split(' ')
        const now = rangesOf(hub, epoch)
        const { contiguous, highest, missing } = holes(now)
        upsertEpoch.run(hub, epoch, JSON.stringify(now), contiguous, highest, missing, at)
      }
      for (const [hub, counts] of counted) upsertCounts.run(hub, ...COUNTS.map((name) => counts[name]))
    },
    counts() {
      const rows = selectCounts.all().map((row): [string, HubCounts] => {
        const counts = Object.fromEntries(COUNTS.map((name) => [name, Number(row[name])]))
        return [String(row['hub']), counts as Record<Count, number>]
      })
      return new Map(rows)
    },
    epochs: () =>
      selectEpochs.all().map((row) => ({
        hub: String(row['hub']),
        epoch: String(row['epoch']),
        contiguous: Number(row['contiguous']),
        highest: Number(row['highest']),
        missing: Number(row['missing']),
      })),
  }
}
