import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import type { Identity } from './access.ts'
import { Accounts } from './accounts.ts'
import type { Actor, AuditEntry } from './audit/entry.ts'
import { openTrail } from './audit/trail.ts'
import type { BrokerClock } from './broker-clock.ts'
import { readJsonFile } from './config.ts'
import { applyRegistry, parseRegistryDocument, type RegistryChange } from './registry.ts'
import type { RegistryDocument } from './registry-document.ts'
import { createUser, findUser } from './rights/users.ts'
import { type Journal, openJournal } from './store/journal.ts'

/** The commands that change what the broker knows, also while it runs: it notices within its next check (5 s). */

export interface Provisioned {
  readonly change: RegistryChange
  /** Passwords of the accounts made now, by id. They are stored nowhere and can't be shown again. */
  readonly passwords: Passwords
}

interface Passwords {
  readonly hubs: Record<string, string>
  readonly clients: Record<string, string>
  /** Only when the document names people. */
  users?: Record<string, string>
}

/** Who is at the command line, when they did not say. */
export const AT_THE_COMMAND_LINE: Actor = { type: 'system', id: 'command-line' }

/** Threads of Node's pool, where scrypt runs. */
const AT_ONCE = 4

export const journalPath = (dataDir: string): string => join(dataDir, 'journal.db')

/**
 * Applies a registry document and makes the accounts of its hubs and clients that have none.
 * @param options `passwordCost`: log2 of scrypt's N; the usual one when absent
 * @throws PreCareError 'config-invalid' or 'limits-invalid' naming each wrong field; then nothing was changed
 */
export async function provision(
  dataDir: string,
  file: string,
  clock: BrokerClock,
  options: { readonly dryRun: boolean; readonly by?: Actor; readonly passwordCost?: number },
): Promise<Provisioned> {
  const { passwordCost } = options
  const input = readJsonFile(file)
  const document = parseRegistryDocument(input)
  const wanted: readonly Identity[] = [
    ...document.hubs.map(({ id }) => ({ role: 'hub' as const, id })),
    ...document.clients.map(({ id, organisation }) => ({ role: 'client' as const, id, organisation })),
  ]
  return withJournal(dataDir, async (journal) => {
    const accounts = new Accounts(journal.database, clock, { passwordCost })
    const missing = missingAccounts(accounts, wanted)
    const missingUsers = missingPeople(journal, document)
    const audit = openTrail(journal, clock)
    const actor = options.by ?? AT_THE_COMMAND_LINE
    const change = applyRegistry(journal, input, { dryRun: options.dryRun, applying: { actor, audit } })
    const passwords: Passwords = { hubs: {}, clients: {} }
    for (let at = 0; !options.dryRun && at < missing.length; at += AT_ONCE) {
      await Promise.all(
        missing.slice(at, at + AT_ONCE).map(async (identity) => {
          passwords[identity.role === 'hub' ? 'hubs' : 'clients'][identity.id] = await accounts.create(identity)
          audit(accountEntry(actor, 'account.create', identity.id, organisationOf(identity)))
        }),
      )
    }
    for (const user of options.dryRun ? [] : missingUsers) {
      const password = await createUser(journal.database, clock, user, passwordCost)
      passwords.users = { ...passwords.users, [user.id]: password }
      audit(accountEntry(actor, 'user.create', user.id, user.organisation))
    }
    return { change, passwords }
  })
}

/** @throws PreCareError 'config-invalid' when an account of that id exists and is another's */
function missingAccounts(accounts: Accounts, wanted: readonly Identity[]): Identity[] {
  const missing = new Map<string, Identity>()
  for (const identity of wanted) {
    const known = accounts.find(identity.id) ?? missing.get(identity.id)
    if (known === undefined) missing.set(identity.id, identity)
    else if (known.role !== identity.role || organisationOf(known) !== organisationOf(identity)) {
      const whose = known.role === 'hub' ? 'a hub' : `a client of ${known.organisation}`
      throw new PreCareError('config-invalid', `account ${identity.id} is already ${whose}; choose another id`)
    }
  }
  return [...missing.values()]
}

/** @throws PreCareError 'config-invalid' when the id is an account's, or a user's of another organisation or role */
function missingPeople(journal: Journal, { users }: RegistryDocument): RegistryDocument['users'] {
  const account = journal.database.prepare('SELECT 1 FROM accounts WHERE id = ?')
  return users.filter((user, index) => {
    const known = findUser(journal.database, user.id)
    const taken = account.get(user.id) !== undefined
    if (!taken && known === undefined) return true
    if (!taken && known?.organisation === user.organisation && known.role === user.role) return false
    throw new PreCareError(
      'config-invalid',
      `users[${index}].id: ${user.id} is already somebody else; choose another id`,
    )
  })
}

/** An account or a person was made, changed or ended. */
export function accountEntry(by: Actor, action: string, id: string, organisation: string | undefined): AuditEntry {
  const actor = organisation === undefined ? by : { ...by, organisation }
  return { actor, action, subject: id, criticality: 'important' }
}

const organisationOf = (identity: Identity): string | undefined =>
  identity.role === 'client' ? identity.organisation : undefined

/** Gives an account a new random password and returns it; the old one ends. */
export function resetAccount(dataDir: string, id: string, clock: BrokerClock): Promise<string> {
  return withJournal(dataDir, async (journal) => {
    const accounts = new Accounts(journal.database, clock)
    const password = await accounts.reset(id)
    const identity = accounts.find(id)
    const organisation = identity === undefined ? undefined : organisationOf(identity)
    openTrail(journal, clock)(accountEntry(AT_THE_COMMAND_LINE, 'account.reset', id, organisation))
    return password
  })
}

/**
 * Makes the file before the passwords exist, readable by its owner only and never over another: they are shown once.
 * @returns a function that fills it
 * @throws PreCareError 'config-invalid' when it exists or can't be made
 */
export function secretFile(path: string): (content: unknown) => void {
  let file: number
  try {
    file = openSync(path, 'wx', 0o600)
  } catch (error) {
    throw new PreCareError('config-invalid', `--out: ${messageOf(error)}; name a file that does not exist yet`, {
      cause: error,
    })
  }
  return (content) => {
    writeSync(file, `${JSON.stringify(content, null, 2)}\n`)
    closeSync(file)
  }
}

/**
 * The journal of a data folder, beside a broker that may be running; open while `work` runs.
 * @throws PreCareError 'store-failed', 'store-corrupt', 'config-invalid' when it can't be opened
 */
export async function withJournal<T>(dataDir: string, work: (journal: Journal) => T | Promise<T>): Promise<T> {
  const journal = openJournal(journalPath(dataDir))
  try {
    return await work(journal)
  } finally {
    journal.close()
  }
}
