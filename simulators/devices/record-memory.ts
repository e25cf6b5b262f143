import type { Random } from '../scenario-random.ts'

/** One record in a device's memory. */
interface StoredRecord {
  readonly key: string
  readonly bytes: Uint8Array
}

export interface MemoryHabits {
  /** Records it holds; the oldest falls out. A device without a memory holds the one on its display. */
  readonly capacity?: number
  /** Offers every record at every visit, instead of only those that nobody confirmed yet. */
  readonly keepsSent?: boolean
  readonly order?: 'oldest-first' | 'newest-first' | 'shuffled'
}

export interface RecordMemory {
  readonly size: number
  /** Some record was never confirmed. */
  readonly unsent: boolean
  add(record: StoredRecord): void
  /** The next record that this visit has not had yet. */
  next(had: ReadonlySet<string>): StoredRecord | undefined
  confirmed(key: string): void
}

const DEFAULT_CAPACITY = 30

/** @param onForgotten an unsent record fell out */
export function createRecordMemory(
  habits: MemoryHabits,
  random: Random,
  onForgotten: (key: string) => void = () => undefined,
): RecordMemory {
  const capacity = habits.capacity ?? DEFAULT_CAPACITY
  const records = new Map<string, StoredRecord>()
  const unsent = new Set<string>()

  return {
    get size() {
      return records.size
    },
    get unsent() {
      return unsent.size > 0
    },
    add(record) {
      records.set(record.key, record)
      unsent.add(record.key)
      for (const key of records.keys()) {
        if (records.size <= capacity) break
        records.delete(key)
        if (unsent.delete(key)) onForgotten(key)
      }
    },
    next(had) {
      const left = [...records.values()].filter((r) => !had.has(r.key))
      if (habits.order === 'newest-first') return left.at(-1)
      if (habits.order === 'shuffled') return left[Math.floor(random() * left.length)]
      return left[0]
    },
    confirmed(key) {
      unsent.delete(key)
      if (habits.keepsSent !== true) records.delete(key)
    },
  }
}
