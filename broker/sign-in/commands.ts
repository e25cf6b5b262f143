import type { Command } from 'commander'
import { PreCareError } from '../../device-drivers/errors.ts'
import { openTrail } from '../audit/trail.ts'
import { type BrokerClock, timestamp } from '../broker-clock.ts'
import { AT_THE_COMMAND_LINE, withJournal } from '../provision.ts'
import { findUser } from '../rights/users.ts'

/** `user reset-factor`, `user subject`: what an administrator does for people who sign in. */

const DATA = ['--data <DIR>', 'folder of the journal', 'data/broker'] as const

/** @param user the program's own `user` command */
export function addSignInCommands(user: Command, clock: BrokerClock): void {
  user
    .command('reset-factor')
    .argument('<ID>')
    .description(
      'forget the second factor of a user who has lost it, and end the sessions; a new one is made at sign-in',
    )
    .option(...DATA)
    .action((id: string, { data }: { data: string }) =>
      withJournal(data, (journal) => {
        journal.transaction(() => {
          const known = findUser(journal.database, id)
          if (known === undefined) throw new PreCareError('config-invalid', 'there is no user of this id')
          journal.database.prepare('DELETE FROM second_factors WHERE user = ?').run(id)
          journal.database.prepare('DELETE FROM sessions WHERE user = ?').run(id)
          const actor = { ...AT_THE_COMMAND_LINE, organisation: known.organisation }
          openTrail(journal, clock)({ actor, action: 'factor.reset', subject: id, criticality: 'important' })
        })
      }),
    )
  user
    .command('subject')
    .argument('<ID>')
    .description('how the identity provider calls a user: the claims iss and sub of its tokens')
    .requiredOption('--issuer <URL>', 'address of the provider')
    .requiredOption('--subject <TEXT>', 'the claim sub')
    .option(...DATA)
    .action((id: string, flags: { data: string; issuer: string; subject: string }) =>
      withJournal(flags.data, (journal) => {
        journal.transaction(() => {
          const known = findUser(journal.database, id)
          if (known === undefined) throw new PreCareError('config-invalid', 'there is no user of this id')
          journal.database
            .prepare(
              `INSERT INTO user_subjects (issuer, subject, user, linked_at) VALUES (?, ?, ?, ?)
               ON CONFLICT DO UPDATE SET user = excluded.user, linked_at = excluded.linked_at`,
            )
            .run(flags.issuer, flags.subject, id, timestamp(clock))
          const actor = { ...AT_THE_COMMAND_LINE, organisation: known.organisation }
          openTrail(journal, clock)({ actor, action: 'user.subject', subject: id, criticality: 'important' })
        })
      }),
    )
}
