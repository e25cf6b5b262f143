import { join } from 'node:path'
import type { Accounts } from '../accounts.ts'
import type { BrokerClock } from '../broker-clock.ts'
import type { BrokerConfig } from '../config.ts'
import type { Log } from '../log.ts'
import type { TlsIdentity } from '../mqtt-listen.ts'
import type { Journal } from '../store/journal.ts'
import { type Authority, openAuthority } from './authority.ts'
import { Certificates } from './certificates.ts'
import { noteEndings } from './endings.ts'
import { enrolmentKey } from './enrolment.ts'
import { openServerCertificate } from './server-certificate.ts'

/** Everything that proves who somebody is: the authority, the broker's own certificate, those of others. */
export interface Identities {
  readonly authority: Authority
  readonly certificates: Certificates
  /** Of the typed one-time codes. */
  readonly enrolmentKey: string
  /** As servers present it and judge clients by it. */
  tls(): TlsIdentity
  /** Renews what is due and notes what ends; true when servers must present another certificate. */
  tend(): Promise<boolean>
}

export interface IdentityParts {
  readonly journal: Journal
  readonly accounts: Accounts
  readonly clock: BrokerClock
  readonly log: Log
}

export const identityFolder = (dataDir: string): string => join(dataDir, 'identity')

/** Makes at first use what there is none of. @throws PreCareError 'config-invalid' for key files that can't be used */
export async function openIdentities(
  dataDir: string,
  tls: NonNullable<BrokerConfig['tls']>,
  { journal, clock, log }: IdentityParts,
): Promise<Identities> {
  const folder = identityFolder(dataDir)
  const authority = await openAuthority(folder, tls.authority, clock)
  const server = await openServerCertificate({ folder, given: tls.server, authority, names: tls.names, clock })
  const certificates = new Certificates(journal, clock)
  return {
    authority,
    certificates,
    enrolmentKey: enrolmentKey(folder),
    tls: () => ({ ...server.current(), ca: authority.certificate }),
    async tend() {
      noteEndings({ authority, server, certificates, journal, clock, log })
      return server.tend()
    },
  }
}
