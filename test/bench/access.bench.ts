import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anchorPath, readAnchors } from '../../broker/audit/anchor.ts'
import { verifyAudit } from '../../broker/audit/verify.ts'
import { journalPath } from '../../broker/provision.ts'
import { openJournal } from '../../broker/store/journal.ts'
import { provision, startBroker } from '../support/broker-process.ts'
import { seeded } from '../support/random.ts'
import { compareDecisions, compareFilters } from './access-decisions.ts'
import { probeLive } from './access-live.ts'
import { accessWorld } from './access-world.ts'
import type { Bench } from './bench.ts'

/** Who sees what: the decision against the words of the rules, live through the broker, and what the audit knows of it. */

const DECISIONS = 300_000
const READS = 1_000
/** Within every organisation's feed: a cursor that is ahead of it is refused. */
const CURSORS = 20
/** One address gets 300 answers a minute; this machine has many addresses. */
const READS_PER_ADDRESS = 250
const TAMPERS = 100

function read(url: string, account: string, password: string, path: string, localAddress: string): Promise<number> {
  const { hostname, port } = new URL(url)
  const authorization = `Basic ${Buffer.from(`${account}:${password}`).toString('base64')}`
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, localAddress, headers: { authorization } }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0))
    })
      .once('error', reject)
      .end()
  })
}

/** @returns how many of the changed rows were named, and no other */
function tamper(dir: string, seed: number): { rows: number; named: number; soundBefore: boolean } {
  const random = seeded(seed)
  const path = journalPath(dir)
  const anchors = readAnchors(anchorPath(dir))
  const journal = openJournal(path)
  journal.database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const { rows, problems } = verifyAudit(journal, anchors)
  journal.close()
  const copy = join(dir, 'tampered.db')
  copyFileSync(path, copy)
  const tampered = openJournal(copy)
  tampered.database.exec('DROP TRIGGER audit_keeps')
  let named = 0
  for (let i = 0; i < TAMPERS; i++) {
    const position = 1 + Math.floor(random() * rows)
    const before = tampered.database.prepare('SELECT count FROM audit WHERE position = ?').get(position)?.['count']
    const set = tampered.database.prepare('UPDATE audit SET count = ? WHERE position = ?')
    set.run(Number(before ?? 0) + 1, position)
    const found = verifyAudit(tampered, anchors).problems
    if (found.length === 1 && found[0]?.position === position && found[0].problem === 'changed') named += 1
    set.run(before as number | null, position)
  }
  tampered.close()
  return { rows, named, soundBefore: problems.length === 0 }
}

export const bench: Bench = async ({ seed, onProgress }) => {
  const started = performance.now()
  const decided = compareDecisions(seed, DECISIONS)
  const filtered = compareFilters(seed, DECISIONS)
  const decisionSeconds = (performance.now() - started) / 1000
  const dir = mkdtempSync(join(tmpdir(), 'bench-access-'))
  try {
    const world = accessWorld(seed)
    const secrets = await provision(dir, world.registry)
    const broker = await startBroker(dir)
    onProgress(`${world.organisations.length} organisations, ${world.citizens.length} citizens, revocation in between`)
    const live = await probeLive(world, broker, dir, secrets)
    onProgress(`${READS} reads over HTTP`)
    const random = seeded(seed + 1)
    let answered = 0
    for (let i = 0; i < READS; i++) {
      const organisation = world.organisations[Math.floor(random() * world.organisations.length)] ?? ''
      const account = `reader-${organisation}`
      const path = `/v1/readings?since=${Math.floor(random() * CURSORS)}&limit=${1 + Math.floor(random() * 50)}`
      const address = `127.0.0.${2 + Math.floor(i / READS_PER_ADDRESS)}`
      const status = await read(broker.httpUrl, account, secrets.clients[account] ?? '', path, address)
      if (status === 200) answered += 1
    }
    await broker.stop()
    const journal = openJournal(journalPath(dir))
    const rowsOfReads = Number(
      journal.database.prepare(`SELECT count(*) AS n FROM audit WHERE action = 'feed.read'`).get()?.['n'],
    )
    journal.close()
    onProgress(`${TAMPERS} rows changed, one at a time`)
    const { rows, named, soundBefore } = tamper(dir, seed)
    return {
      figures: {
        decisions: decided.decisions + filtered.decisions,
        allowed: decided.allowed + filtered.allowed,
        differences: decided.differences + filtered.differences,
        decisionSeconds,
        livePairs: live.pairs,
        leaks: live.leaks,
        wrongfulDenials: live.denials,
        filtersRefused: live.refusedFilters,
        reads: answered,
        readsWithoutRow: Math.abs(answered - rowsOfReads),
        auditRows: rows,
        auditUnsound: soundBefore ? 0 : 1,
        tampersNamed: named,
      },
      limits: [
        { figure: 'decisions', atLeast: 500_000 },
        { figure: 'allowed', atLeast: 10_000 },
        { figure: 'differences', atMost: 0 },
        { figure: 'livePairs', atLeast: 5_000 },
        { figure: 'leaks', atMost: 0 },
        { figure: 'wrongfulDenials', atMost: 0 },
        { figure: 'reads', atLeast: READS },
        { figure: 'readsWithoutRow', atMost: 0 },
        { figure: 'auditUnsound', atMost: 0 },
        { figure: 'tampersNamed', atLeast: TAMPERS },
      ],
      conditions: {
        organisations: world.organisations.length,
        citizens: world.citizens.length,
        grants: world.registry.grants.length,
        revoked: world.revocable.length,
        node: process.version,
      },
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
