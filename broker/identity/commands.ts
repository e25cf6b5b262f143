import type { Command } from 'commander'
import qrcode from 'qrcode'
import { PreCareError } from '../../device-drivers/errors.ts'
import { Accounts } from '../accounts.ts'
import { inUrl } from '../address.ts'
import type { BrokerClock } from '../broker-clock.ts'
import { type BrokerConfig, parseConfig, readJsonFile } from '../config.ts'
import { grouped, invitationText, typedFingerprint } from '../contract/enrolment.ts'
import { withJournal } from '../provision.ts'
import { type Authority, openAuthority } from './authority.ts'
import { Certificates } from './certificates.ts'
import { enrolmentKey, invite } from './enrolment.ts'
import { identityFolder } from './identity.ts'
import { readText } from './key-file.ts'
import { technicalEvents } from './technical-events.ts'
import { readRequest } from './x509.ts'

/** The command line of identities: authority, codes, certificates. A running broker notices within a second. */

const MAX_EVENTS = 100

interface Place {
  readonly config?: string
  readonly data?: string
}

interface Out {
  readonly clock: BrokerClock
  readonly print: (value: unknown) => void
  readonly say: (text: string) => void
}

function placeOf({ config, data }: Place): {
  readonly dataDir: string
  readonly tls: NonNullable<BrokerConfig['tls']>
} {
  const given = parseConfig(config === undefined ? {} : readJsonFile(config))
  const { dataDir, tls } = parseConfig({
    ...given,
    tls: given.tls ?? {},
    ...(data === undefined ? {} : { dataDir: data }),
  })
  if (tls === undefined) throw new PreCareError('config-invalid', 'tls: write {}')
  return { dataDir, tls }
}

async function authorityOf(place: Place, clock: BrokerClock): Promise<Authority> {
  const { dataDir, tls } = placeOf(place)
  return openAuthority(identityFolder(dataDir), tls.authority, clock)
}

interface EnrolFlags extends Place {
  readonly hub: string
  readonly serial: string
  readonly origin?: string
  readonly json?: boolean
}

async function enrol(flags: EnrolFlags, { clock, print, say }: Out): Promise<void> {
  const { dataDir, tls } = placeOf(flags)
  const { fingerprint } = await authorityOf(flags, clock)
  const origin = flags.origin ?? `https://${inUrl(tls.names[0] ?? '')}:${tls.enrolPort}`
  const codes = await withJournal(dataDir, async (journal) => {
    const accounts = new Accounts(journal.database, clock)
    const certificates = new Certificates(journal, clock)
    const key = enrolmentKey(identityFolder(dataDir))
    return invite({ journal, accounts, certificates, clock, key }, flags.hub, flags.serial)
  })
  const text = invitationText({ origin, code: codes.code, fingerprint })
  const byHand = { code: grouped(codes.typed), fingerprint: grouped(typedFingerprint(fingerprint)) }
  if (flags.json === true) {
    print({ hub: flags.hub, serial: flags.serial, invitation: text, typed: byHand, expiresAt: codes.expiresAt })
    return
  }
  say(`For ${flags.hub}, serial number ${flags.serial}. Good once, until ${codes.expiresAt}.\n`)
  say(await qrcode.toString(text, { type: 'utf8', errorCorrectionLevel: 'M' }))
  say(`On the hub, with the content of the code:\n  hub enrol --config FILE --code '${text}'\n`)
  say(`or typed, five attempts:\n  hub enrol --config FILE --broker ${origin} --code ${byHand.code} \\`)
  say(`    --fingerprint ${byHand.fingerprint}`)
}

interface RevokeFlags extends Place {
  readonly hub?: string
  readonly fingerprint?: string
  readonly dryRun?: boolean
}

async function revoke(flags: RevokeFlags, { clock, print }: Out): Promise<void> {
  const { dataDir } = placeOf(flags)
  const { hub, fingerprint } = flags
  if ((hub === undefined) === (fingerprint === undefined)) {
    throw new PreCareError('config-invalid', 'write either --hub or --fingerprint')
  }
  const hex = fingerprint?.replaceAll(':', '').toLowerCase()
  if (hex !== undefined && !/^[0-9a-f]{64}$/.test(hex)) {
    throw new PreCareError('config-invalid', '--fingerprint: write 64 hex digits, as "certificates" prints them')
  }
  await withJournal(dataDir, async (journal) => {
    const accounts = new Accounts(journal.database, clock)
    const certificates = new Certificates(journal, clock)
    if (hub !== undefined && accounts.find(hub) === undefined) {
      throw new PreCareError('config-invalid', '--hub: there is no account of this id')
    }
    const known = hub === undefined ? [] : certificates.of(hub).filter(({ revoked }) => revoked === undefined)
    const fingerprints = hex === undefined ? known.map((certificate) => certificate.fingerprint) : [hex]
    if (flags.dryRun !== true) {
      journal.transaction(() => {
        for (const each of fingerprints) certificates.revoke(each, 'by command')
        // Also for a certificate that this journal does not know, since it is an older copy.
        if (hub !== undefined) accounts.disable(hub)
      })
    }
    print({
      [flags.dryRun === true ? 'wouldRevoke' : 'revoked']: fingerprints,
      ...(hub === undefined ? {} : { disabled: hub }),
    })
  })
}

interface IssueFlags extends Place {
  readonly client: string
  readonly request: string
}

async function issue(flags: IssueFlags, { clock, say }: Out): Promise<void> {
  const { dataDir } = placeOf(flags)
  const authority = await authorityOf(flags, clock)
  const request = await readRequest(readText(flags.request))
  await withJournal(dataDir, async (journal) => {
    if (new Accounts(journal.database, clock).enabled(flags.client)?.role !== 'client') {
      throw new PreCareError('config-invalid', '--client: there is no client of this id; provision it first')
    }
    const pem = await authority.issueClient(flags.client, request)
    journal.transaction(() => new Certificates(journal, clock).record(flags.client, pem))
    say(`${pem}${authority.certificate}`)
  })
}

const CONFIG = ['--config <FILE>', 'the configuration of the broker'] as const
const DATA = ['--data <DIR>', 'folder of the journal'] as const

/** Adds `ca`, `enrol`, `certificate`, `certificates`, `revoke` and `events`. */
export function addIdentityCommands(program: Command, out: Out): void {
  const { clock, print } = out
  program
    .command('ca')
    .description('the authority that signs certificates')
    .command('init')
    .description('make it where there is none, and print its fingerprint')
    .option(...CONFIG)
    .option(...DATA)
    .action(async (flags: Place) => {
      const { certificate, fingerprint, endsAt } = await authorityOf(flags, clock)
      print({
        fingerprint,
        typed: grouped(typedFingerprint(fingerprint)),
        endsAt: new Date(endsAt).toISOString(),
        certificate,
      })
    })
  program
    .command('enrol')
    .description('print a one-time code with which one hub gets its certificate; an earlier code of it ends')
    .requiredOption('--hub <ID>', 'id of the hub')
    .requiredOption('--serial <SN>', 'serial number of its board, as "hub serial" prints it')
    .option('--origin <URL>', 'where the hub reaches the broker to enrol; by default the first of tls.names')
    .option('--json', 'for a program; no QR code')
    .option(...CONFIG)
    .option(...DATA)
    .action((flags: EnrolFlags) => enrol(flags, out))
  program
    .command('certificate')
    .description("sign a client's certificate request and print the certificate")
    .requiredOption('--client <ID>', 'id of the client')
    .requiredOption('--request <FILE>', 'PKCS #10 in PEM; only its key counts')
    .option(...CONFIG)
    .option(...DATA)
    .action((flags: IssueFlags) => issue(flags, out))
  program
    .command('certificates')
    .description('list the certificates that were issued, newest first')
    .option('--account <ID>', 'of one hub or client only')
    .option(...CONFIG)
    .option(...DATA)
    .action((flags: Place & { account?: string }) =>
      withJournal(placeOf(flags).dataDir, async (journal) => print(new Certificates(journal, clock).of(flags.account))),
    )
  program
    .command('revoke')
    .description('refuse a certificate for ever, or every one of a hub and the hub itself until it is enrolled again')
    .option('--hub <ID>', 'id of the hub, or of a client')
    .option('--fingerprint <HEX>', 'SHA-256 of one certificate')
    .option('--dry-run', 'say what would be revoked, and revoke nothing')
    .option(...CONFIG)
    .option(...DATA)
    .action((flags: RevokeFlags) => revoke(flags, out))
  program
    .command('events')
    .description('list what a technician should look at, newest first')
    .option(...CONFIG)
    .option(...DATA)
    .action((flags: Place) =>
      withJournal(placeOf(flags).dataDir, async (journal) => print(technicalEvents(journal, MAX_EVENTS))),
    )
}
