import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openEmbedded } from '../../../broker/store/embedded.ts'
import { openJournal } from '../../../broker/store/journal.ts'
import { timeSeriesContract } from '../../contract/time-series.contract.ts'

const directory = mkdtempSync(join(tmpdir(), 'precare-embedded-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
let opened = 0

timeSeriesContract('SQLite', async () => {
  opened += 1
  const journal = openJournal(join(directory, `journal-${opened}.db`))
  const series = openEmbedded(journal)
  return {
    ...series,
    async close() {
      await series.close()
      journal.close()
    },
  }
})
