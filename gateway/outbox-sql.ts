import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Gives the prepared statement of a text. */
export type Sql = (text: string) => StatementSync

/** Each text is prepared once, and for as long as the database is open. */
export function preparedOnce(db: DatabaseSync): Sql {
  const statements = new Map<string, StatementSync>()
  return (text) => {
    let statement = statements.get(text)
    if (statement === undefined) {
      statement = db.prepare(text)
      statements.set(text, statement)
    }
    return statement
  }
}
