import { join } from 'node:path'
import { messageOf } from '../../device-drivers/errors.ts'
import { openOutbox } from '../../gateway/outbox.ts'
import { startTrial } from '../../gateway/snapshots.ts'
import { openBondStore } from '../../gateway/transport/bonds.ts'
import { draft } from '../support/test-driver.ts'
import { ADDRESS, BOOT, bondOf, CONFIGURATION, OUTBOX_OPTIONS, QUIET_LOG, RECORDS } from './syscalls-work.ts'

/**
 * The hub's disk work with one call in it that fails: the outbox's stamp, a configuration, records, receipts and bonds. Says what it has confirmed, one line
 * each, and ends as the hub does: with code 1 when the outbox can't be gone on with.
 */
const [dir = ''] = process.argv.slice(2)
const tell = (line: string): void => void process.stdout.write(`${line}\n`)
/** A device offers again what was not confirmed. */
const OFFERS = 3

const { outbox } = openOutbox(join(dir, 'outbox.db'), {
  ...OUTBOX_OPTIONS,
  onBroken: () => {
    tell('broken')
    process.exit(1)
  },
})
const bonds = openBondStore(join(dir, 'bonds.json'), QUIET_LOG)

try {
  const trial = startTrial(dir, CONFIGURATION, BOOT)
  trial?.begin()
  trial?.healthy()
  tell('configuration')
} catch (error) {
  tell(`refused ${messageOf(error)}`)
}
for (let n = 1; n <= RECORDS; n++) {
  for (let offer = 1; offer <= OFFERS; offer++) {
    try {
      await outbox.append({ device: 'scale-0001', drafts: [draft(n)] })
      tell(`record ${n}`)
      break
    } catch (error) {
      tell(`refused ${messageOf(error)}`)
    }
  }
  try {
    if (n % 5 === 0) await outbox.receipt({ epoch: outbox.epoch, first: n - 4, last: n - 2 })
    if (n % 8 === 0) {
      bonds.put(ADDRESS, bondOf(n))
      tell(`bond ${n}`)
    }
  } catch (error) {
    tell(`refused ${messageOf(error)}`)
  }
}
outbox.close()
