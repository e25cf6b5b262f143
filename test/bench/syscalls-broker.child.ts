import { join } from 'node:path'
import { messageOf } from '../../device-drivers/errors.ts'
import { message } from '../broker/core-fixture.ts'
import { acceptedReading, openIngest, RECORDS } from './syscalls-work.ts'

/**
 * The broker's disk work with one call in it that fails. Says which message it has accepted, one line each, and ends as
 * the broker does: at once when the journal can't be gone on with.
 */
const [dir = ''] = process.argv.slice(2)
const tell = (line: string): void => void process.stdout.write(`${line}\n`)
/** A hub sends again what has no receipt. */
const SENDINGS = 3

const { ingest, close } = openIngest(join(dir, 'journal.db'), () => {
  tell('broken')
  process.exit(74)
})
for (let n = 1; n <= RECORDS; n++) {
  for (let sending = 1; sending <= SENDINGS; sending++) {
    try {
      await ingest.accept('hub-0001', message(n, [acceptedReading(n)]))
      tell(`record ${n}`)
      break
    } catch (error) {
      tell(`refused ${messageOf(error)}`)
    }
  }
}
close()
