import { randomBytes } from 'node:crypto'
import { openOutbox } from '../../gateway/outbox.ts'
import { NOON } from '../support/manual-clock.ts'

/** Begins to take over what was set aside, and ends as the power does. */
const [path = ''] = process.argv.slice(2)
const { outbox } = openOutbox(path, {
  time: () => ({ zone: 'Europe/Copenhagen', now: NOON, wallAt: () => NOON }),
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
})
const { taken } = await outbox.takeover.some()
process.stdout.write(`taken: ${taken}\n`, () => process.kill(process.pid, 'SIGKILL'))
