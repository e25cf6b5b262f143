import { appendFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Anchor, dropAnchor, readAnchors } from '../../../broker/audit/anchor.ts'
import type { AuditEntry } from '../../../broker/audit/entry.ts'
import { openTrail } from '../../../broker/audit/trail.ts'
import { verifyAudit } from '../../../broker/audit/verify.ts'
import { type Journal, openJournal } from '../../../broker/store/journal.ts'
import { seeded } from '../../support/random.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { count, NOW } from '../core-fixture.ts'

const ROWS = 40
const entry = (n: number): AuditEntry => ({
  actor: { type: 'client', id: 'reader', organisation: 'org-north' },
  action: 'readings.read',
  citizen: `citizen-${n}`,
  kinds: ['weight'],
  cursors: [n, n + 9],
  count: 10,
  purpose: 'treatment',
})

function open(rows = ROWS): { journal: Journal; anchors: string; append: (entry: AuditEntry) => void } {
  const directory = tempDir()
  const journal = openJournal(join(directory, 'journal.db'))
  const append = openTrail(journal, { now: () => NOW })
  journal.transaction(() => {
    for (let n = 1; n <= rows; n++) append(entry(n))
  })
  return { journal, anchors: join(directory, 'audit-anchors.jsonl'), append }
}

/** What somebody does who has the file and knows SQL. */
function tamper(journal: Journal, sql: string): void {
  journal.database.exec('DROP TRIGGER audit_keeps; DROP TRIGGER audit_stays; DROP TRIGGER audit_grows')
  journal.database.exec(sql)
}
const problems = (journal: Journal, anchors: readonly Anchor[] = []) => verifyAudit(journal, anchors).problems

describe('the audit', () => {
  test('of a journal nobody touched is sound', () => {
    const { journal } = open()
    expect(verifyAudit(journal, [])).toEqual({ rows: ROWS, anchors: 0, problems: [] })
  })

  test.each([
    `UPDATE audit SET citizen = 'citizen-0' WHERE position = 5`,
    'DELETE FROM audit WHERE position = 5',
    'DELETE FROM audit',
    `INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE position = 5`,
    `INSERT INTO audit SELECT position + 100, at, system, actor_type, actor, role, organisation, on_behalf_of, action,
       criticality, citizen, subject, kinds, from_at, to_at, first_cursor, last_cursor, count, purpose, correlation, hash
       FROM audit WHERE position = 5`,
  ])('is append-only: %s', (sql) => {
    const { journal } = open()
    expect(() => journal.database.exec(sql)).toThrow('append-only')
    expect(count(journal, 'audit')).toBe(ROWS)
  })

  test('is written in the transaction of what it speaks of, and is gone with it', () => {
    const { journal, append } = open()
    expect(() =>
      journal.transaction(() => {
        append(entry(99))
        throw new Error('the data was not handed out')
      }),
    ).toThrow()
    expect(count(journal, 'audit')).toBe(ROWS)
  })

  test('is one chain for all processes that write', () => {
    const { journal, append } = open()
    const other = openJournal(journal.path)
    const appendOther = openTrail(other, { now: () => NOW })
    for (let n = 0; n < 10; n++) (n % 2 === 0 ? append : appendOther)(entry(n))
    other.close()
    expect(verifyAudit(journal, [])).toMatchObject({ rows: ROWS + 10, problems: [] })
  })

  test.each([
    { subject: 'Jens Hansen' },
    { purpose: 'fordi jeg ville se' },
    { citizen: 'Søren' },
    { subject: 'x'.repeat(300) },
    { onBehalfOf: '' },
  ])('takes ids and words, no text of a person: %o', (wrong) => {
    const { journal, append } = open()
    expect(() => append({ ...entry(1), ...wrong })).toThrow(expect.objectContaining({ code: 'audit-failed' }))
    expect(count(journal, 'audit')).toBe(ROWS)
  })
})

describe('the verifier names', () => {
  test('each of 100 changed rows, whatever was changed in it', () => {
    const random = seeded(17)
    const columns = [
      'at',
      'actor',
      'organisation',
      'action',
      'citizen',
      'kinds',
      'count',
      'purpose',
      'last_cursor',
      'role',
    ]
    for (let i = 0; i < 100; i++) {
      const position = 1 + Math.floor(random() * ROWS)
      const column = columns[i % columns.length]
      const { journal } = open()
      tamper(journal, `UPDATE audit SET ${column} = '7' WHERE position = ${position}`)
      expect([i, problems(journal)]).toEqual([i, [{ position, problem: 'changed' }]])
      journal.close()
    }
  })

  test('a row that was taken out: the first, one in the middle, several', () => {
    for (const gone of [[1], [20], [7, 8, 30]]) {
      const { journal } = open()
      tamper(journal, `DELETE FROM audit WHERE position IN (${gone.join(', ')})`)
      expect(problems(journal)).toEqual(gone.map((position) => ({ position, problem: 'missing' })))
    }
  })

  test('where a row was taken out and the rest renumbered', () => {
    const { journal } = open()
    tamper(
      journal,
      'DELETE FROM audit WHERE position = 20; UPDATE audit SET position = position - 1 WHERE position > 20',
    )
    expect(problems(journal)).toEqual([{ position: 20, problem: 'changed' }])
  })

  test('a row that was put in between and one that was put at the end', () => {
    const { journal } = open()
    const copy = (to: number) => `INSERT INTO audit SELECT ${to}, at, system, actor_type, 'ghost', role, organisation,
      on_behalf_of, action, criticality, citizen, subject, kinds, from_at, to_at, first_cursor, last_cursor, count, purpose,
      correlation, hash FROM audit WHERE position = 3;`
    tamper(
      journal,
      `UPDATE audit SET position = -position WHERE position >= 20; UPDATE audit SET position = 1 - position WHERE position < 0;
       ${copy(20)} ${copy(ROWS + 2)}`,
    )
    expect(problems(journal)).toEqual([
      { position: 20, problem: 'inserted' },
      { position: ROWS + 2, problem: 'changed' },
    ])
  })

  test('a tail that was cut off, and a chain that was written anew, by the anchors', () => {
    const { journal, anchors, append } = open()
    expect(dropAnchor(journal, anchors, NOW)).toMatchObject({ position: ROWS })
    expect(dropAnchor(journal, anchors, NOW)).toBeUndefined()
    append(entry(1))
    expect(problems(journal, readAnchors(anchors))).toEqual([])
    tamper(journal, `DELETE FROM audit WHERE position > ${ROWS - 5}`)
    // Sound in itself: only the anchor knows.
    expect(problems(journal)).toEqual([])
    expect(problems(journal, readAnchors(anchors))).toEqual([{ position: ROWS, problem: 'truncated' }])
    for (let n = 0; n < 10; n++) append(entry(500 + n))
    expect(problems(journal)).toEqual([])
    expect(problems(journal, readAnchors(anchors))).toEqual([{ position: ROWS, problem: 'rewritten' }])
  })
})

describe('anchors', () => {
  test('are kept in a file of their own, readable by its owner only, one line each', () => {
    const { journal, anchors, append } = open()
    dropAnchor(journal, anchors, NOW)
    append(entry(1))
    dropAnchor(journal, anchors, NOW)
    expect(readAnchors(anchors).map(({ position }) => position)).toEqual([ROWS, ROWS + 1])
    expect(statSync(anchors).mode & 0o777).toBe(0o600)
  })

  test('a line cut off by a power cut is left out; a line that was changed is refused by its number', () => {
    const { journal, anchors, append } = open()
    dropAnchor(journal, anchors, NOW)
    appendFileSync(anchors, '{"at":"2026')
    expect(readAnchors(anchors)).toHaveLength(1)
    append(entry(1))
    dropAnchor(journal, anchors, NOW)
    expect(readAnchors(anchors)).toHaveLength(2)
    appendFileSync(anchors, 'nonsense\n')
    expect(() => readAnchors(anchors)).toThrow('line 3 is no anchor')
  })
})
