import { randomBytes } from 'node:crypto'
import { openOutbox } from '../../gateway/outbox.ts'
import { NOON } from '../support/manual-clock.ts'
import { draft } from '../support/test-driver.ts'

/** Offers one record to an outbox, says what its device would be told, and ends as the power does: nothing is closed. */
const [path = ''] = process.argv.slice(2)

async function offer(): Promise<string> {
  try {
    const { outbox } = openOutbox(path, {
      time: () => ({ zone: 'Europe/Copenhagen', now: NOON, wallAt: () => NOON }),
      randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    })
    const { duplicate } = await outbox.append({ device: 'scale-0001', drafts: [draft(1)] })
    return duplicate === 1 ? 'told: I had it' : 'told: received'
  } catch {
    return 'told nothing'
  }
}

const said = await offer()
process.stdout.write(`${said}\n`, () => process.kill(process.pid, 'SIGKILL'))
