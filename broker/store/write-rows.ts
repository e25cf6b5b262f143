import type { StatementSync } from 'node:sqlite'

/** Runs `statement` for each row; returns how many rows of the table it added or changed. */
export function writeRows<T>(
  rows: readonly T[],
  statement: StatementSync,
  values: (row: T) => (string | number | null)[],
): number {
  return rows.reduce((sum, row) => sum + Number(statement.run(...values(row)).changes), 0)
}
