import type { GroupCommit } from './group-commit.ts'
import type { Sql } from './outbox-sql.ts'

/** Notes about one file on one machine, which no other one takes over. */
export const BELONGS_TO_FILE: ReadonlySet<string> = new Set([
  'epoch',
  'stamp',
  'stamp-next',
  'machine',
  'proven',
  'schema-readable-from',
])

/** What an outbox knows of devices and of the hub, beside its readings. */
export interface SavedFacts {
  readonly memory: readonly { readonly device: string; readonly key: string; readonly value: string | number }[]
  readonly notes: readonly { readonly name: string; readonly value: string }[]
}

/** What is known already stays. Within a transaction of the caller's. */
export function takeFacts(sql: Sql, { memory, notes }: SavedFacts): void {
  for (const { device, key, value } of memory) {
    sql('INSERT OR IGNORE INTO device_memory (device, key, value) VALUES (?, ?, ?)').run(device, key, value)
  }
  for (const { name, value } of notes) {
    sql('INSERT OR IGNORE INTO notes (name, value) VALUES (?, ?)').run(name, value)
  }
}

/** Facts that outlive the process, in the outbox's file because its commits are the only ones that the card pays for. */
export class OutboxNotes {
  readonly #sql: Sql
  readonly #commits: GroupCommit
  readonly #now: () => number | undefined

  /** @param now unix ms; undefined while the hub does not know the time */
  constructor(sql: Sql, commits: GroupCommit, now: () => number | undefined) {
    this.#sql = sql
    this.#commits = commits
    this.#now = now
  }

  /** Undefined when it was never noted. */
  get(name: string): string | undefined {
    const value = this.#sql('SELECT value FROM notes WHERE name = ?').get(name)?.['value']
    return value === undefined ? undefined : String(value)
  }

  /** Resolves when it is on the disk. */
  set(name: string, value: string): Promise<void> {
    return this.#commits.run('intake', () => this.write(name, value))
  }

  /** Within a transaction of the caller's. */
  write(name: string, value: string): void {
    this.#sql('INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)').run(name, value)
  }

  /** Within a transaction of the caller's. */
  forget(name: string): void {
    this.#sql('DELETE FROM notes WHERE name = ?').run(name)
  }

  /** Number of the next connection: at least the present second, above whatever a lost card or a later copy reached. */
  nextSession(): Promise<number> {
    return this.#commits.run('drain', () => {
      const seconds = Math.floor((this.#now() ?? 0) / 1000)
      const session = Math.max(seconds, Number(this.get('session') ?? 0) + 1)
      this.write('session', String(session))
      return session
    })
  }
}
