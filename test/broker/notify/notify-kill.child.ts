import { join } from 'node:path'
import { openTransitions } from '../../../broker/alerts/transitions.ts'
import { systemClock } from '../../../broker/broker-clock.ts'
import { openChannels } from '../../../broker/notify/channels.ts'
import { openNotifier } from '../../../broker/notify/notifier.ts'
import { openJournal } from '../../../broker/store/journal.ts'

/** The notifier in a process of its own, to be killed: `node notify-kill.child.ts DATA_DIR`. */

const [dir = ''] = process.argv.slice(2)
const journal = openJournal(join(dir, 'journal.db'))
const silent = () => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }
openNotifier({
  journal,
  clock: systemClock,
  random: Math.random,
  log,
  transitionsAfter: openTransitions(journal).transitionsAfter,
  organisationsFor: () => ['clinic-1'],
  isHoliday: () => false,
  openChannels: (settings) => openChannels(settings, { clock: systemClock, onUnusable: silent }),
})
process.stdout.write('ready\n')
