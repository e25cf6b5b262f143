import type { Command } from 'commander'
import { checkFingerprint, type Invitation, parseInvitation, typedCode } from '../../broker/contract/enrolment.ts'
import { PreCareError } from '../../device-drivers/errors.ts'
import type { HubConfig } from '../config.ts'
import type { HubClock } from '../hub-clock.ts'
import { identityFolder } from './slots.ts'

/** The command line of the hub's identity. */

interface Flags {
  readonly config: string
  readonly code: string
  readonly broker?: string
  readonly fingerprint?: string
  readonly serial?: string
}

interface Parts {
  readonly clock: HubClock
  /** The board's own number, where it has one. */
  readonly machine: string | undefined
  readonly config: (path: string) => HubConfig
  readonly say: (text: string) => void
}

/**
 * The content of the QR code says everything; a typed code needs the other two.
 * @throws PreCareError 'config-invalid' naming what is missing
 */
export function invitationOf({
  code,
  broker,
  fingerprint,
}: {
  readonly code: string
  readonly broker?: string | undefined
  readonly fingerprint?: string | undefined
}): Invitation {
  const whole = parseInvitation(code)
  if (whole !== undefined) return whole
  if (typedCode(code) === undefined && !/^[\w-]{22}$/.test(code)) {
    throw new PreCareError('config-invalid', '--code: write the content of the QR code, or the 12 characters below it')
  }
  if (broker === undefined || !/^https:\/\/[^/\s]+$/.test(broker) || !URL.canParse(broker)) {
    throw new PreCareError('config-invalid', '--broker: write "https://host:port", as "enrol" printed it')
  }
  if (fingerprint === undefined) {
    throw new PreCareError('config-invalid', '--fingerprint: write the 20 characters that "enrol" printed')
  }
  return { origin: broker, code, fingerprint: checkFingerprint(fingerprint) }
}

function serialOf({ serial }: Flags, machine: string | undefined): string {
  const known = serial ?? machine
  if (known !== undefined) return known
  throw new PreCareError(
    'config-invalid',
    '--serial: this machine has no number of its own; write the one on its label',
  )
}

/** Adds `enrol` and `serial`. */
export function addIdentityCommands(program: Command, { clock, machine, config, say }: Parts): void {
  program
    .command('enrol')
    .description('get the certificate of this hub with a one-time code; the hub may run, and may be enrolled already')
    .requiredOption('--config <file>', 'configuration file (JSON)')
    .requiredOption('--code <text>', 'content of the QR code, or the typed code')
    .option('--broker <url>', 'with a typed code: https://host:port')
    .option('--fingerprint <text>', 'with a typed code: of the authority')
    .option('--serial <sn>', "serial number of this hub; by default the board's own")
    .action(async (flags: Flags) => {
      const { hub, dataDir, broker } = config(flags.config)
      const invitation = invitationOf(flags)
      const { enrol } = await import('./enrol.ts')
      const folder = identityFolder(dataDir)
      const { mqttUrl } = await enrol({ ...invitation, hub, serial: serialOf(flags, machine), folder }, clock)
      say(`${hub} is enrolled`)
      if (broker.url !== mqttUrl) say(`write "broker": { "url": "${mqttUrl}" } into ${flags.config}`)
    })
  program
    .command('serial')
    .description('print the number that a code for this hub is made for')
    .action(() => say(serialOf({ config: '', code: '' }, machine)))
}
