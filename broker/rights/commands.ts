import { type Command, InvalidArgumentError } from 'commander'
import { PreCareError } from '../../device-drivers/errors.ts'
import { idSchema } from '../../device-drivers/reading.ts'
import { Accounts } from '../accounts.ts'
import type { Actor } from '../audit/entry.ts'
import { openTrail } from '../audit/trail.ts'
import { type BrokerClock, timestamp } from '../broker-clock.ts'
import { AT_THE_COMMAND_LINE, accountEntry, withJournal } from '../provision.ts'
import { raiseVersion } from '../registry-apply.ts'
import { addSignInCommands } from '../sign-in/commands.ts'
import { type Revocation, revokeGrants } from './apply-rights.ts'
import { createToken, MAX_TOKEN_DAYS, revokeToken } from './tokens.ts'
import { disableUser } from './users.ts'

/** `grant revoke`, `token create|revoke`, `account disable`, `user disable`: who may see what, changed by hand. */

const DATA = ['--data <DIR>', 'folder of the journal', 'data/broker'] as const
const BY = ['--by <ID>', 'who does it, an id for the audit', idOf] as const
const DEFAULT_TOKEN_DAYS = 90

interface Flags {
  readonly data: string
  readonly by?: string
}

function idOf(text: string): string {
  if (idSchema.safeParse(text).success) return text
  throw new InvalidArgumentError('use 4 to 32 characters of a-z, 0-9 and hyphen')
}

function days(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`use 1 to ${MAX_TOKEN_DAYS}`)
}

export const actorOf = ({ by }: { readonly by?: string }): Actor =>
  by === undefined ? AT_THE_COMMAND_LINE : { type: 'user', id: by }

type RevokeFlags = Flags & Revocation & { readonly dryRun?: boolean }

/** Thrown to roll a dry run back. */
class Undone extends Error {}

export function revoke(flags: RevokeFlags, clock: BrokerClock): Promise<{ readonly revoked: number }> {
  if ((flags.citizen === undefined) === (flags.group === undefined)) {
    throw new PreCareError('config-invalid', 'name --citizen or --group, one of the two')
  }
  return withJournal(flags.data, (journal) => {
    let revoked = 0
    try {
      journal.transaction(() => {
        const applying = { actor: actorOf(flags), audit: openTrail(journal, clock) }
        revoked = revokeGrants(journal, flags, timestamp(clock), applying)
        if (flags.dryRun === true) throw new Undone()
        if (revoked > 0) raiseVersion(journal)
      })
    } catch (error) {
      if (!(error instanceof Undone)) throw error
    }
    return { revoked }
  })
}

/** Adds the commands to the program. @param account the program's own `account` command */
export function addRightsCommands(
  program: Command,
  account: Command,
  clock: BrokerClock,
  print: (value: unknown) => void,
): void {
  program
    .command('grant')
    .description('what organisations may see; given by provisioning')
    .command('revoke')
    .description('end grants at once and for good; a running broker gives nothing more with the next reading')
    .requiredOption('--organisation <ID>', 'who loses the right', idOf)
    .option('--citizen <ID>', 'to whose readings', idOf)
    .option('--group <ID>', 'or to which group', idOf)
    .option('--purpose <WORD>', 'only the grants for this purpose')
    .option('--dry-run', 'say how many, and end none')
    .option(...DATA)
    .option(...BY)
    .action(async (flags: RevokeFlags) => print(await revoke(flags, clock)))

  const token = program.command('token').description('Bearer tokens for the HTTP interface')
  token
    .command('create')
    .argument('<HOLDER>', 'id of a client or a user')
    .description('make a token and print it; it is stored nowhere')
    .option('--days <N>', `how long it holds, 1 to ${MAX_TOKEN_DAYS}`, days, DEFAULT_TOKEN_DAYS)
    .option(...DATA)
    .option(...BY)
    .action((holder: string, flags: Flags & { days: number }) =>
      withJournal(flags.data, (journal) => {
        const made = createToken(journal.database, holder, flags.days, clock.now())
        openTrail(journal, clock)(accountEntry(actorOf(flags), 'token.create', `${holder}/${made.id}`, undefined))
        print(made)
      }),
    )
  token
    .command('revoke')
    .argument('<ID>', 'id of the token, as it was printed')
    .description('end a token at once')
    .option(...DATA)
    .option(...BY)
    .action((id: string, flags: Flags) =>
      withJournal(flags.data, (journal) => {
        revokeToken(journal.database, id, clock.now())
        openTrail(journal, clock)(accountEntry(actorOf(flags), 'token.revoke', id, undefined))
      }),
    )

  account
    .command('disable')
    .argument('<ID>')
    .description('end an account; its connections are cut within seconds, `account reset` brings it back')
    .option(...DATA)
    .option(...BY)
    .action((id: string, flags: Flags) =>
      withJournal(flags.data, (journal) => {
        const accounts = new Accounts(journal.database, clock)
        if (accounts.find(id) === undefined) throw new PreCareError('config-invalid', 'there is no account of this id')
        accounts.disable(id)
        openTrail(journal, clock)(accountEntry(actorOf(flags), 'account.disable', id, undefined))
      }),
    )
  const user = program.command('user').description('people of an organisation; made by provisioning')
  addSignInCommands(user, clock)
  user
    .command('disable')
    .argument('<ID>')
    .description('end a person’s password and tokens')
    .option(...DATA)
    .option(...BY)
    .action((id: string, flags: Flags) =>
      withJournal(flags.data, (journal) => {
        disableUser(journal.database, clock, id)
        openTrail(journal, clock)(accountEntry(actorOf(flags), 'user.disable', id, undefined))
      }),
    )
}
