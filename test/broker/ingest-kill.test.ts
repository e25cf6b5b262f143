import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openJournal } from '../../broker/store/journal.ts'
import { count, idOf, temporaryDirectory } from './core-fixture.ts'

const CHILD = fileURLToPath(new URL('./ingest-kill.child.ts', import.meta.url))
const ROUNDS = 3
const ACCEPTED_PER_ROUND = 150

/** Numbers of the readings that the child said were accepted before it was killed in the middle of its work. */
async function storeUntilKilled(path: string, from: number): Promise<number[]> {
  const child = spawn(process.execPath, [CHILD, path, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve())
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.split('\n').length > ACCEPTED_PER_ROUND) child.kill('SIGKILL')
    })
  })
  // The last line may have been cut by the kill.
  return text.split('\n').slice(0, -1).map(Number)
}

it('has every reading on disk that it accepted, however often it is killed', async () => {
  const path = join(temporaryDirectory(), 'journal.db')
  const accepted: number[] = []
  for (let round = 0; round < ROUNDS; round++) accepted.push(...(await storeUntilKilled(path, round * 100_000)))
  expect(accepted.length).toBeGreaterThanOrEqual(ROUNDS * ACCEPTED_PER_ROUND)
  const journal = openJournal(path)
  const stored = new Set(
    journal.database
      .prepare('SELECT id FROM readings')
      .all()
      .map(({ id }) => id),
  )
  expect(accepted.filter((n) => !stored.has(idOf(`reading ${n}`)))).toEqual([])
  expect(journal.database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  // The books agree with the rows: they are written in one transaction.
  const counts = journal.database.prepare('SELECT received, stored FROM hub_counts').get()
  expect(counts).toEqual({ received: stored.size, stored: stored.size })
  expect(count(journal, 'feeds')).toBe(stored.size)
  journal.close()
})
