import { randomInt } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import { PreCareError } from '../../device-drivers/errors.ts'
import type { BrokerClock } from '../broker-clock.ts'
import { withJournal } from '../provision.ts'
import { actorOf } from '../rights/commands.ts'
import type { Journal } from '../store/journal.ts'
import { anchorPath, readAnchors } from './anchor.ts'
import { type ExtractLine, extractFor, readableLine } from './extract.ts'
import { sampleAudit } from './read.ts'
import { openTrail } from './trail.ts'
import { verifyAudit } from './verify.ts'

/** `audit verify`, `audit extract`, `audit sample`. */

const DATA = ['--data <DIR>', 'folder of the journal', 'data/broker'] as const
/** As many as a person looks through in one sitting. */
const DEFAULT_SAMPLE = 20
const MAX_SAMPLE = 10_000
const RANDOM_STEPS = 2 ** 32

interface Flags {
  readonly data: string
  readonly by?: string
}

function sampleSize(text: string): number {
  const n = Number(text)
  if (/^\d{1,5}$/.test(text) && n >= 1 && n <= MAX_SAMPLE) return n
  throw new InvalidArgumentError(`use 1 to ${MAX_SAMPLE}`)
}

/** Looking into the audit is seen in the audit, before what was looked at is shown. */
function extracted(journal: Journal, citizen: string, flags: Flags, clock: BrokerClock): ExtractLine[] {
  if (journal.database.prepare('SELECT 1 FROM citizens WHERE id = ?').get(citizen) === undefined) {
    throw new PreCareError('config-invalid', '--citizen: there is no citizen of this id')
  }
  const lines = [...extractFor(journal, citizen)]
  openTrail(journal, clock)({ actor: actorOf(flags), action: 'audit.extract', citizen, count: lines.length })
  return lines
}

export function addAuditCommands(
  program: Command,
  clock: BrokerClock,
  say: (line: string) => void,
  print: (value: unknown) => void,
): void {
  const audit = program.command('audit').description('who saw and changed what')
  audit
    .command('verify')
    .description('go through the whole chain; names every row that was changed, taken out or put in (exit code 1)')
    .option(...DATA)
    .option('--anchors <FILE>', 'copy of audit-anchors.jsonl that was kept elsewhere')
    .action((flags: Flags & { anchors?: string }) =>
      withJournal(flags.data, (journal) => {
        const verdict = verifyAudit(journal, readAnchors(flags.anchors ?? anchorPath(flags.data)))
        print(verdict)
        if (verdict.problems.length > 0) process.exitCode = 1
      }),
    )
  audit
    .command('extract')
    .description('everything about one citizen, for the citizen: who got, saw and changed what')
    .requiredOption('--citizen <ID>', 'whose')
    .option('--json', 'one JSON object a line')
    .option(...DATA)
    .option('--by <ID>', 'who asks, an id for the audit')
    .action((flags: Flags & { citizen: string; json?: boolean }) =>
      withJournal(flags.data, (journal) => {
        const titles = journal.database.prepare('SELECT title FROM organisations WHERE id = ?')
        const titleOf = (id: string) => titles.get(id)?.['title'] as string | undefined
        for (const line of extracted(journal, flags.citizen, flags, clock)) {
          say(flags.json === true ? JSON.stringify(line) : readableLine(line, titleOf))
        }
      }),
    )
  audit
    .command('sample')
    .description('rows chosen at random, for a control by hand')
    .option('--n <N>', 'how many', sampleSize, DEFAULT_SAMPLE)
    .option(...DATA)
    .option('--by <ID>', 'who asks, an id for the audit')
    .action((flags: Flags & { n: number }) =>
      withJournal(flags.data, (journal) => {
        const rows = sampleAudit(journal, flags.n, () => randomInt(RANDOM_STEPS) / RANDOM_STEPS)
        openTrail(journal, clock)({ actor: actorOf(flags), action: 'audit.sample', count: rows.length })
        print(rows)
      }),
    )
}
