import { writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { PreCareError } from '../../device-drivers/errors.ts'
import { Accounts } from '../accounts.ts'
import type { Audit } from '../audit/entry.ts'
import { type BrokerClock, timestamp } from '../broker-clock.ts'
import { readJsonFile } from '../config.ts'
import { printable } from '../contract/commissioning-sheet.ts'
import { Certificates } from '../identity/certificates.ts'
import { withJournal } from '../provision.ts'
import type { Journal } from '../store/journal.ts'
import { type Installations, openInstallations } from './installations.ts'
import { takeBack } from './wiped.ts'

/** The command line of installations. A running broker sees a change at once, and its registry within five seconds. */

/** Who it was, for the trail: whoever may run commands on the broker's machine. */
const BY = 'command-line'

interface Flags {
  readonly data: string
  readonly dryRun?: boolean
  readonly html?: string
  readonly receipt?: string
}

export interface InstallationCommandParts {
  readonly clock: BrokerClock
  readonly audit: (journal: Journal) => Audit
  readonly print: (value: unknown) => void
}

/** Ends a transaction that must leave no trace. */
class Undone extends Error {}

export function installationCommands({ clock, audit, print }: InstallationCommandParts): Command {
  const program = new Command('installation').description('what is to stand in a home, and the proof that it does')
  const within = (flags: Flags, work: (installations: Installations, journal: Journal) => void): Promise<void> =>
    withJournal(flags.data, async (journal) => {
      const now = () => timestamp(clock)
      const installations = openInstallations({ journal, audit: audit(journal), now })
      if (flags.dryRun !== true) return work(installations, journal)
      try {
        journal.transaction(() => {
          work(installations, journal)
          throw new Undone()
        })
      } catch (error) {
        if (!(error instanceof Undone)) throw error
      }
    })
  const command = (name: string, description: string) =>
    program.command(name).description(description).option('--data <DIR>', 'folder of the journal', 'data/broker')
  const known = (installations: Installations, id: string) => {
    const found = installations.state(id)
    if (found === undefined) throw new PreCareError('config-invalid', `ID: ${id} is not registered`)
    return found
  }

  command('register', 'register or change one: installation, hub, citizen, devices with driver and slots')
    .argument('<FILE>', 'JSON')
    .option('--dry-run', 'say what would hold, and change nothing')
    .action((file: string, flags: Flags) => within(flags, (all) => print(all.register(readJsonFile(file), BY))))
  command('list', 'list them with their state').action((flags: Flags) =>
    within(flags, (all) => print(all.list().map(({ wish, ...rest }) => ({ ...rest, ...wish })))),
  )
  command('show', 'show one')
    .argument('<ID>')
    .action((id: string, flags: Flags) => within(flags, (all) => print(known(all, id))))
  command('report', 'show the signed reports of one, oldest first')
    .argument('<ID>')
    .option('--html <FILE>', 'write the newest as a sheet for printing')
    .action((id: string, flags: Flags) =>
      within(flags, (all) => {
        known(all, id)
        const reports = all.reports(id)
        const newest = reports.at(-1)
        if (flags.html === undefined) return print(reports)
        if (newest === undefined) throw new PreCareError('config-invalid', `ID: ${id} has no report yet`)
        writeFileSync(flags.html, printable(newest.signed.text), { mode: 0o600 })
      }),
    )
  command('end', 'end one: its devices are nobody’s from now on')
    .argument('<ID>')
    .option('--receipt <FILE>', 'of "hub wipe": it is verified, and the certificate of the hub is revoked')
    .option('--dry-run', 'check, and change nothing')
    .action((id: string, flags: Flags) =>
      within(flags, (installations, journal) => {
        if (flags.receipt === undefined) {
          installations.end(id, BY)
          return print({ ended: id })
        }
        const accounts = new Accounts(journal.database, clock)
        const certificates = new Certificates(journal, clock)
        const parts = { journal, installations, certificates, accounts }
        print({ ended: id, receipt: takeBack(parts, id, readJsonFile(flags.receipt), BY) })
      }),
    )
  return program
}
