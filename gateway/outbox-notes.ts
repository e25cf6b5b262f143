import type { GroupCommit } from './group-commit.ts'
import type { Sql } from './outbox-sql.ts'

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
