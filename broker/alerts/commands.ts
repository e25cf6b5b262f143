import { existsSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { PreCareError } from '../../device-drivers/errors.ts'
import type { Audit } from '../audit/entry.ts'
import { readJsonFile } from '../config.ts'
import type { AlertMessage } from '../contract/alert.ts'
import { journalPath } from '../provision.ts'
import { openRegistry } from '../registry.ts'
import { utcTime } from '../store/iso-time.ts'
import { type Journal, openJournal } from '../store/journal.ts'
import { type AlertActions, openAlertActions } from './actions.ts'
import { CLOSE_REASONS, type CloseReason } from './alert-message.ts'
import { dryRun, dryRunTable } from './dry-run.ts'
import { trialsOf } from './dry-run-trials.ts'
import { PAUSE_REASONS, type PauseReason } from './pauses.ts'

/** `broker alerts ...`: what a nurse does with alerts, at a terminal. Thin over the functions that the API uses too. */

export interface CommandPorts {
  readonly clock: { now(): number }
  /** Of this journal. */
  readonly audit: (journal: Journal) => Audit
  readonly print: (text: string) => void
}

interface Flags {
  readonly data: string
  readonly json?: boolean
}

function revision(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('use the revision that the list shows, a whole number from 1')
}

function time(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text))) return utcTime(text)
  throw new InvalidArgumentError('use a time with a zone, as 2026-01-31T08:00:00Z')
}

function opened(data: string): Journal {
  const path = journalPath(data)
  if (!existsSync(path))
    throw new PreCareError('config-invalid', `--data: no journal in ${data}; name the broker's folder`)
  return openJournal(path)
}

const line = ({
  alert,
  citizen,
  state,
  level,
  rule,
  openedAt,
  revision: seen,
  pausedBy,
  normalSince,
}: AlertMessage): string =>
  [
    level.padEnd(6),
    state.padEnd(12),
    openedAt,
    citizen,
    rule.id,
    alert,
    `revision ${seen}`,
    ...(pausedBy === undefined ? [] : ['paused']),
    ...(normalSince === undefined ? [] : [`normal since ${normalSince}`]),
  ].join('  ')

export function addAlertCommands(program: Command, { clock, audit, print }: CommandPorts): void {
  const alerts = program.command('alerts').description('alerts: list, acknowledge, close, pause; try rules out')
  const command = (name: string) =>
    alerts.command(name).option('--data <DIR>', 'folder of the journal', 'data/broker').option('--json', 'print JSON')
  const by = ['--by <ID>', 'id of the person who does it'] as const

  function act(flags: Flags, work: (actions: AlertActions) => unknown, text: (result: never) => string): void {
    const journal = opened(flags.data)
    try {
      const actions = openAlertActions({ journal, registry: openRegistry(journal), clock, audit: audit(journal) })
      const result = work(actions)
      print(flags.json === true ? JSON.stringify(result, null, 2) : text(result as never))
    } finally {
      journal.close()
    }
  }

  command('list')
    .description('open and acknowledged alerts; with --citizen all of one citizen')
    .option('--citizen <ID>')
    .action((flags: Flags & { citizen?: string }) => {
      act(
        flags,
        (actions) => actions.list(flags.citizen),
        (found: readonly AlertMessage[]) => found.map(line).join('\n') || 'none',
      )
    })

  command('acknowledge')
    .argument('<ALERT>')
    .description('say that you have seen it and what was done')
    .requiredOption('--revision <N>', 'as the list shows it: what has changed since is refused', revision)
    .requiredOption(...by)
    .requiredOption('--action <TEXT>', 'what was done')
    .action((alert: string, flags: Flags & { revision: number; by: string; action: string }) => {
      const seen = { by: { type: 'user', id: flags.by } as const, revision: flags.revision }
      act(flags, (actions) => actions.acknowledge(alert, seen, flags.action), line)
    })

  command('close')
    .argument('<ALERT>')
    .description('end an alert before the readings do')
    .requiredOption('--revision <N>', 'as the list shows it', revision)
    .requiredOption(...by)
    .requiredOption('--reason <WORD>', CLOSE_REASONS.join(', '))
    .action((alert: string, flags: Flags & { revision: number; by: string; reason: string }) => {
      const seen = { by: { type: 'user', id: flags.by } as const, revision: flags.revision }
      act(flags, (actions) => actions.close(alert, seen, flags.reason as CloseReason), line)
    })

  command('pause')
    .argument('<CITIZEN>')
    .description('call nobody for this citizen for a while; at most 30 days')
    .requiredOption(...by)
    .requiredOption('--reason <WORD>', PAUSE_REASONS.join(', '))
    .requiredOption('--to <TIME>', 'first moment without the pause', time)
    .option('--from <TIME>', 'now when left out', time)
    .option('--include-red', 'also for red alerts; needs --confirm-red too')
    .option('--confirm-red', 'yes, also for red alerts')
    .action(
      (
        citizen: string,
        flags: Flags & {
          by: string
          reason: string
          to: string
          from?: string
          includeRed?: boolean
          confirmRed?: boolean
        },
      ) => {
        const { reason, to, from, includeRed = false, confirmRed = false } = flags
        const wanted = {
          citizen,
          reason: reason as PauseReason,
          to,
          includeRed,
          confirmRed,
          ...(from === undefined ? {} : { from }),
        }
        act(
          flags,
          (actions) => actions.pause(wanted, { type: 'user', id: flags.by }),
          ({ id }: { id: string }) => `paused until ${to} as ${id}`,
        )
      },
    )

  command('resume')
    .argument('<PAUSE>')
    .description('end a pause now')
    .requiredOption(...by)
    .action((pause: string, flags: Flags & { by: string }) => {
      act(
        flags,
        (actions) => actions.endPause(pause, { type: 'user', id: flags.by }),
        ({ to }: { to: string }) => `ended at ${to}`,
      )
    })

  command('suppressed')
    .argument('<PAUSE>')
    .description('what nobody was called for because of a pause')
    .action((pause: string, flags: Flags) => {
      act(
        flags,
        (actions) => actions.suppressedBy(pause),
        (found: readonly AlertMessage[]) => found.map(line).join('\n') || 'none',
      )
    })

  command('dry-run')
    .description('what a draft of rules would have told of stored readings; publishes nothing, calls nobody')
    .requiredOption('--rules <FILE>', 'registry document with templates, watches, overrides or limits')
    .requiredOption('--from <TIME>', 'first moment that counts', time)
    .requiredOption('--to <TIME>', 'first moment without', time)
    .option('--citizen <ID...>', 'only these citizens')
    .action((flags: Flags & { rules: string; from: string; to: string; citizen?: string[] }) => {
      if (flags.to <= flags.from) throw new PreCareError('config-invalid', '--to: must be later than --from')
      const journal = opened(flags.data)
      try {
        const trials = trialsOf(journal, readJsonFile(flags.rules), flags.from, flags.citizen)
        const result = dryRun(trials, flags.from, flags.to)
        print(flags.json === true ? JSON.stringify(result, null, 2) : dryRunTable(result))
      } finally {
        journal.close()
      }
    })
}
