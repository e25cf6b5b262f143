import { Command } from 'commander'
import { openTrail } from '../audit/trail.ts'
import type { BrokerClock } from '../broker-clock.ts'
import { readJsonFile } from '../config.ts'
import { AT_THE_COMMAND_LINE, withJournal } from '../provision.ts'
import { gapsIn } from './coverage.ts'
import { applyDocument } from './documents.ts'
import { isDanishHoliday } from './holidays.ts'
import { parseNotifyDocument } from './parse-document.ts'

/** `npm run broker -- notify ...`: who is told of which alert. */
export function notifyCommands(clock: BrokerClock, print: (value: unknown) => void): Command {
  const command = new Command('notify').description('who is told of which alert, when and how')
  command
    .command('apply')
    .argument('<FILE>', 'JSON: channels, people, rotas, policies, last resort; see broker/notify/README.md')
    .description('make this document the one that holds; a running broker takes it within seconds')
    .option('--data <DIR>', 'folder of the journal', 'data/broker')
    .option('--dry-run', 'say what would change and where nobody would be called, and change nothing')
    .action((file: string, flags: { data: string; dryRun?: boolean }) => {
      const document = parseNotifyDocument(readJsonFile(file))
      const now = clock.now()
      const ahead = { start: now, end: now + document.lookAheadH * 3_600_000 }
      return withJournal(flags.data, async (journal) => {
        const applying = { actor: AT_THE_COMMAND_LINE, audit: openTrail(journal, clock) }
        const change = applyDocument(journal, document, now, { dryRun: flags.dryRun === true, applying })
        print({ ...change, gaps: gapsIn(document, ahead, { zone: document.zone, isHoliday: isDanishHoliday }) })
      })
    })
  return command
}
