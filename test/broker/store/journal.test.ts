import { copyFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { openJournal } from '../../../broker/store/journal.ts'
import { MIGRATIONS } from '../../../broker/store/migrations.ts'
import { isPreCareError } from '../../../device-drivers/errors.ts'
import { temporaryDirectory } from '../core-fixture.ts'

const insert = `INSERT INTO meta VALUES ('a', '1')`
const journalIn = (directory: string) => join(directory, 'data', 'journal.db')

it('can be read by its owner only, WAL included', () => {
  const path = journalIn(temporaryDirectory())
  const journal = openJournal(path)
  journal.transaction(() => journal.database.exec(insert))
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600)
  journal.close()
})

it('syncs at every commit', () => {
  const journal = openJournal(journalIn(temporaryDirectory()))
  // 2 is FULL: a power cut with NORMAL loses rows that were receipted, and no test that kills a process shows it.
  expect(journal.database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 })
  expect(journal.database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  journal.close()
})

it('keeps all of a transaction or nothing', () => {
  const path = journalIn(temporaryDirectory())
  const journal = openJournal(path)
  const failing = () =>
    journal.transaction(() => {
      journal.database.exec(insert)
      throw new Error('in the middle')
    })
  expect(failing).toThrow('in the middle')
  journal.close()
  const again = openJournal(path)
  expect(again.database.prepare(`SELECT * FROM meta WHERE key = 'a'`).all()).toEqual([])
  again.close()
})

it('opens an existing file without changing what is in it', () => {
  const path = journalIn(temporaryDirectory())
  const first = openJournal(path)
  first.transaction(() => first.database.exec(insert))
  first.close()
  const second = openJournal(path)
  expect(second.database.prepare(`SELECT value FROM meta WHERE key = 'a'`).get()).toEqual({ value: '1' })
  expect(second.database.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length })
  second.close()
})

it('has carried what the last process left in the log into the database, and synced it, before it promises anything', () => {
  const [left, kept] = [temporaryDirectory(), temporaryDirectory()]
  const before = openJournal(join(left, 'journal.db'))
  before.transaction(() => before.database.exec(insert))
  const killed = join(kept, 'journal.db')
  for (const suffix of ['', '-wal']) copyFileSync(join(left, `journal.db${suffix}`), `${killed}${suffix}`)
  before.close()
  expect(statSync(`${killed}-wal`).size).toBeGreaterThan(0)
  const after = openJournal(killed)
  expect(statSync(`${killed}-wal`).size).toBe(0)
  // The database without its log: what is left when the log's pages never reached the disk.
  copyFileSync(killed, join(kept, 'alone.db'))
  const alone = new DatabaseSync(join(kept, 'alone.db'))
  expect(alone.prepare(`SELECT value FROM meta WHERE key = 'a'`).get()).toEqual({ value: '1' })
  alone.close()
  after.close()
})

it('refuses a file that a newer version wrote', () => {
  const path = join(temporaryDirectory(), 'journal.db')
  const newer = new DatabaseSync(path)
  newer.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)
  newer.close()
  expect(() => openJournal(path)).toThrow(/newer version/)
})

it('refuses a damaged file and leaves it as it is', () => {
  const path = join(temporaryDirectory(), 'journal.db')
  writeFileSync(path, 'this is no database '.repeat(500))
  const size = statSync(path).size
  expect(() => openJournal(path)).toThrow(expect.objectContaining({ code: 'store-corrupt' }))
  expect(statSync(path).size).toBe(size)
})

it('tells a disk that refuses from a row that is wrong', () => {
  const journal = openJournal(journalIn(temporaryDirectory()))
  journal.database.exec('PRAGMA max_page_count = 10')
  const fill = () =>
    journal.transaction(() => journal.database.exec(`INSERT INTO meta VALUES ('big', zeroblob(9000000))`))
  const full = () =>
    journal.transaction(() => journal.database.exec(`INSERT INTO meta VALUES ('big', hex(zeroblob(900000)))`))
  expect(full).toThrow(expect.objectContaining({ code: 'store-failed' }))
  let thrown: unknown
  try {
    fill()
  } catch (error) {
    thrown = error
  }
  // A value of the wrong type speaks against the row, not against the disk.
  expect(isPreCareError(thrown)).toBe(false)
  journal.close()
})
