import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../../device-drivers/errors.ts'
import { openOutbox } from '../../gateway/outbox.ts'
import { startTrial } from '../../gateway/snapshots.ts'
import { openBondStore } from '../../gateway/transport/bonds.ts'
import { idOf, message } from '../broker/core-fixture.ts'
import { draft } from '../support/test-driver.ts'
import { damageOf } from './oracle.ts'
import {
  ADDRESS,
  acceptedReading,
  BOOT,
  bondOf,
  CONFIGURATION,
  OUTBOX_OPTIONS,
  openIngest,
  QUIET_LOG,
  RECORDS,
} from './syscalls-work.ts'

/** The invariants after a disturbed run: each returns what is broken, in words. */

const numbers = (lines: readonly string[], what: string): number[] =>
  lines.filter((line) => line.startsWith(`${what} `)).map((line) => Number(line.slice(what.length + 1)))

const ALL = Array.from({ length: RECORDS }, (_, i) => i + 1)

function idsIn(path: string, table: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    const rows = db.prepare(`SELECT id FROM ${table}`).all()
    return rows.map(({ id }) => String(id))
  } finally {
    db.close()
  }
}

function compare(
  ids: readonly string[],
  wanted: readonly number[],
  idFor: (n: number) => string,
  when: string,
): string[] {
  const kept = new Set(ids)
  const lost = wanted.filter((n) => !kept.has(idFor(n)))
  return [
    ...(lost.length > 0 ? [`${when}: ${lost.length} confirmed records are lost`] : []),
    ...(kept.size < ids.length ? [`${when}: ${ids.length - kept.size} records are there twice`] : []),
  ]
}

async function guarded(look: () => Promise<string[]>): Promise<string[]> {
  try {
    return await look()
  } catch (error) {
    return [`cannot be opened again: ${messageOf(error)}`]
  }
}

/** Starts again, lets the device offer everything once more, and counts. */
export function lookAtHub(dir: string, lines: readonly string[]): Promise<string[]> {
  return guarded(async () => {
    const path = join(dir, 'outbox.db')
    const wrong: string[] = []
    const { outbox, damaged } = openOutbox(path, OUTBOX_OPTIONS)
    if (damaged !== undefined) wrong.push('a sound file was set aside')
    wrong.push(...compare(idsIn(path, 'rows'), numbers(lines, 'record'), (n) => draft(n).reading.id, 'after the start'))
    for (const n of ALL) await outbox.append({ device: 'scale-0001', drafts: [draft(n)] })
    const { decoded, duplicate, receipted, unsent, lastSequence } = outbox.counts()
    if (decoded !== duplicate + receipted + unsent) wrong.push('decoded is not duplicate + receipted + unsent')
    if (lastSequence !== RECORDS) wrong.push(`a gap in the sequence numbers: ${lastSequence}`)
    outbox.close()
    wrong.push(...compare(idsIn(path, 'rows'), ALL, (n) => draft(n).reading.id, 'after offering again'))
    if (damageOf(path) > 0) wrong.push('the file is damaged')
    const bond = openBondStore(join(dir, 'bonds.json'), QUIET_LOG).get(ADDRESS)
    const promised = numbers(lines, 'bond').at(-1)
    // A change that was refused may have got through, as any write whose answer was lost.
    const possible = ALL.filter((n) => n >= (promised ?? 0)).map((n) => JSON.stringify(bondOf(n)))
    if (promised !== undefined && !possible.includes(JSON.stringify(bond))) wrong.push('a bond that was stored is lost')
    const good = startTrial(dir, undefined, BOOT)?.text
    if (good !== CONFIGURATION && (good !== undefined || lines.includes('configuration'))) {
      wrong.push('a configuration that was kept is lost')
    }
    if (readdirSync(dir).some((name) => name.includes('damaged'))) wrong.push('something was set aside')
    return wrong
  })
}

/** Starts again, lets the hub send everything once more, and counts. */
export function lookAtBroker(dir: string, lines: readonly string[]): Promise<string[]> {
  return guarded(async () => {
    const path = join(dir, 'journal.db')
    const idFor = (n: number): string => idOf(`reading ${n}`)
    const { ingest, close } = openIngest(path)
    const wrong = compare(idsIn(path, 'readings'), numbers(lines, 'record'), idFor, 'after the start')
    for (const n of ALL) await ingest.accept('hub-0001', message(n, [acceptedReading(n)]))
    close()
    wrong.push(...compare(idsIn(path, 'readings'), ALL, idFor, 'after sending again'))
    if (damageOf(path) > 0) wrong.push('the file is damaged')
    const db = new DatabaseSync(path, { readOnly: true })
    const row = db
      .prepare(
        `SELECT received - stored - duplicate - quarantined AS unbalanced, stored,
           (SELECT count(*) FROM feeds) AS feeds, (SELECT missing FROM hub_epochs) AS missing FROM hub_counts`,
      )
      .get()
    db.close()
    if (row?.['unbalanced'] !== 0) wrong.push('received is not stored + duplicate + quarantined')
    if (row?.['stored'] !== RECORDS || row['feeds'] !== RECORDS) wrong.push('counters or feed differ from the rows')
    if (row?.['missing'] !== 0) wrong.push('a gap in the sequence numbers')
    return wrong
  })
}
