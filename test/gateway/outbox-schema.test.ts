import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { migrate, OUTBOX_SCHEMA, type Step } from '../../gateway/outbox-schema.ts'

const NOTES = 'CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)'
const first: Step = { readableFrom: 1, sql: NOTES }
const adds: Step = { readableFrom: 1, sql: 'ALTER TABLE notes ADD COLUMN more TEXT' }
const breaks: Step = { readableFrom: 3, sql: 'CREATE TABLE other (x)' }
const version = (db: DatabaseSync) => db.prepare('PRAGMA user_version').get()?.['user_version']

it('a release that was put back goes on with the outbox as the newer one has left it, and the newer one again', () => {
  const db = new DatabaseSync(':memory:')
  migrate(db, [first])
  migrate(db, [first, adds])
  expect(version(db)).toBe(2)
  migrate(db, [first])
  db.prepare(`INSERT INTO notes (name, value) VALUES ('by', 'the old one')`).run()
  expect(version(db)).toBe(2)
  migrate(db, [first, adds])
  expect(version(db)).toBe(2)
})

it('a release refuses an outbox that it could not read', () => {
  const db = new DatabaseSync(':memory:')
  migrate(db, [first, adds, breaks])
  for (const steps of [[first], [first, adds]]) {
    expect(() => migrate(db, steps)).toThrow(expect.objectContaining({ code: 'store-failed' }))
  }
  migrate(db, [first, adds, breaks])
})

it('the schema says for every file who may go on with it', () => {
  expect(OUTBOX_SCHEMA.readableFrom).toBeLessThanOrEqual(OUTBOX_SCHEMA.schema)
})
