import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { isBeyondRetry } from './outbox-file.ts'

/** A prepared statement, as far as the outbox uses one. */
export interface Statement {
  get(...values: SQLInputValue[]): ReturnType<StatementSync['get']>
  all(...values: SQLInputValue[]): ReturnType<StatementSync['all']>
  run(...values: SQLInputValue[]): ReturnType<StatementSync['run']>
}

/** Gives the prepared statement of a text. */
export type Sql = (text: string) => Statement

/**
 * Each text is prepared once, and for as long as the database is open.
 *
 * @param onBroken told, beside what is thrown, that the file can't be trusted any more: a damaged page is met by whoever
 *   reads first, be it for a report on the hub's health
 */
export function preparedOnce(db: DatabaseSync, onBroken: (error: PreCareError) => void): Sql {
  const statements = new Map<string, Statement>()
  const watched = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      if (isBeyondRetry(error)) onBroken(new PreCareError('store-failed', messageOf(error), { cause: error }))
      throw error
    }
  }
  return (text) => {
    let statement = statements.get(text)
    if (statement === undefined) {
      const prepared = watched(() => db.prepare(text))
      statement = {
        get: (...values) => watched(() => prepared.get(...values)),
        all: (...values) => watched(() => prepared.all(...values)),
        run: (...values) => watched(() => prepared.run(...values)),
      }
      statements.set(text, statement)
    }
    return statement
  }
}
