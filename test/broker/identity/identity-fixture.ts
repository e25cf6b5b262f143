import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Accounts } from '../../../broker/accounts.ts'
import { type BrokerClock, systemClock } from '../../../broker/broker-clock.ts'
import { parseConfig } from '../../../broker/config.ts'
import { type Identities, identityFolder, openIdentities } from '../../../broker/identity/identity.ts'
import type { Log, LogFields } from '../../../broker/log.ts'
import { type Journal, openJournal } from '../../../broker/store/journal.ts'
import { certificateRequest, newKey } from '../../../gateway/identity/certificate-request.ts'
import { CHEAP } from '../../support/cheap-passwords.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** Authority, accounts and journal on a real disk, with a wall clock that the test can move. */

export interface MovableClock extends BrokerClock {
  /** Moves the wall clock; deadlines go on as they are. */
  move(ms: number): void
}

export function movableClock(): MovableClock {
  let ahead = 0
  return {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    move: (ms) => {
      ahead += ms
    },
  }
}

export interface IdentityPlace extends Identities {
  readonly dataDir: string
  readonly folder: string
  readonly journal: Journal
  readonly accounts: Accounts
  readonly clock: MovableClock
  readonly lines: (LogFields & { readonly event: string })[]
  readonly log: Log
  /** As the enrolment's functions take it. */
  readonly key: string
}

export async function identityPlace(options: { readonly names?: string[] } = {}): Promise<IdentityPlace> {
  const dataDir = tempDir()
  const journal = openJournal(join(dataDir, 'journal.db'))
  onTestFinished(() => journal.close())
  const clock = movableClock()
  const accounts = new Accounts(journal.database, clock, { passwordCost: CHEAP })
  const lines: (LogFields & { event: string })[] = []
  const line = (event: string, fields?: LogFields) => void lines.push({ event, ...fields })
  const log: Log = { debug: line, info: line, warn: line, error: line }
  const { tls } = parseConfig({ tls: options })
  if (tls === undefined) throw new Error('no tls')
  const identities = await openIdentities(dataDir, tls, { journal, accounts, clock, log })
  const folder = identityFolder(dataDir)
  return { ...identities, dataDir, folder, journal, accounts, clock, lines, log, key: identities.enrolmentKey }
}

/** A key of a hub with its request. */
export function newRequest(): { readonly key: string; readonly request: string } {
  const key = newKey()
  return { key, request: certificateRequest(key) }
}
