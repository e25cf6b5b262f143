import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { isPreCareError, messageOf } from '../device-drivers/errors.ts'
import { drivers } from '../device-drivers/index.ts'
import type { HubConfig } from './config.ts'
import { configOrExit, configToRun, halfWipedOrExit } from './config-file.ts'
import { diagnose } from './diagnostics.ts'
import { examine } from './doctor.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { createHubClock } from './hub-clock.ts'
import { createLog } from './log.ts'
import { machineNumber } from './machine.ts'
import { type ReleaseFacts, type RunParts, releaseFacts, run } from './run.ts'
import { timeSetBySystemd } from './timesyncd.ts'
import type { BluezOptions } from './transport/bluez/bluez.ts'
import type { BleTransport, SerialTransport } from './transport/transport.ts'
import type { TransportLog } from './transport/transport-log.ts'
import { TRIAL_MS } from './trial.ts'
import { addUpdateCommands, NOTE_PATH } from './update/commands.ts'
import { packageVersion } from './version.ts'

/** The hub process. The only place that chooses noble, bluetoothd and serialport; a hub without a radio never loads noble. */

const clock = createHubClock()
const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex')

interface RunOptions {
  readonly config: string
  readonly snapshots?: string
  readonly root?: string
  readonly trialNote: string
  readonly trialMinutes: number
  readonly timeService?: string
}

async function radio(config: HubConfig, log: TransportLog): Promise<BleTransport> {
  if (config.bluetooth.transport === 'bluez') {
    const { createBluezTransport } = await import('./transport/bluez/bluez.ts')
    return createBluezTransport(await throughBluez(config, log))
  }
  const { createNobleTransport } = await import('./transport/noble.ts')
  const { openBondStore } = await import('./transport/bonds.ts')
  const bonds = openBondStore(join(config.dataDir, 'bonds.json'), log)
  const { powerCycle } = await import('./transport/power-cycle.ts')
  const { adapter } = config.bluetooth
  const cycle = (signal: AbortSignal) => powerCycle(adapter, signal)
  return createNobleTransport({ adapter, bonds, time: clock, log, powerCycle: cycle })
}

async function throughBluez(config: HubConfig, log: TransportLog): Promise<BluezOptions> {
  const { bluezOptions } = await import('./transport/bluez/configured.ts')
  // The variable every D-Bus program knows: a container may have the socket elsewhere.
  return bluezOptions(config, drivers, { time: clock, log, systemBus: process.env['DBUS_SYSTEM_BUS_ADDRESS'] })
}

/** Rejects when the radio cannot be had: noble's module is not built, or bluetoothd has no adapter. */
async function tryRadio(config: HubConfig, log: TransportLog): Promise<void> {
  if (config.bluetooth.transport === 'noble') await radio(config, log)
  else {
    const { findAdapter } = await import('./transport/bluez/bluez.ts')
    await findAdapter(await throughBluez(config, log))
  }
}

async function lines(): Promise<SerialTransport> {
  const { createSerialTransport } = await import('./transport/serial.ts')
  return createSerialTransport({ time: clock })
}

const parts: RunParts = { clock, randomHex, radio, lines }

/** 78 would keep the service from being started again; a release that does not understand the file must be put back. */
const configExit = (release: ReleaseFacts): number => (release.trial === undefined ? EXIT.config : EXIT.fault)

async function doctor(config: HubConfig): Promise<void> {
  const { transport } = createLog(config.hub, 'error')
  const findings = await examine({
    config,
    clock,
    randomHex,
    loadRadio: () => tryRadio(config, transport),
    serial: lines,
  })
  for (const { what, ok, advice } of findings) {
    process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${what}${advice === undefined ? '' : `: ${advice}`}\n`)
  }
  process.exitCode = findings.every(({ ok }) => ok) ? EXIT.ok : EXIT.fault
}

function minutes(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('write a number of minutes above 0')
  return value
}

const program = new Command('hub').description('Carries measurements from the devices in a home to the broker.')
program
  .command('run', { isDefault: true })
  .description('run the hub until SIGTERM or SIGINT')
  .requiredOption('--config <file>', 'configuration file (JSON)')
  .option('--snapshots <folder>', 'where to keep the last configuration with which all was well, to fall back on')
  .option('--root <folder>', 'where the releases are, when the hub runs one of several')
  .option('--trial-note <file>', 'where to note how the trial of a release goes', NOTE_PATH)
  .option('--trial-minutes <number>', 'how long something new may take to prove itself', minutes, TRIAL_MS / 60_000)
  .option('--time-service <folder>', 'wait until systemd-timesyncd has set the time: its folder, /run/systemd/timesync')
  .action(async (options: RunOptions) => {
    if (options.timeService !== undefined) clock.awaitTime(timeSetBySystemd(options.timeService))
    halfWipedOrExit(options.config)
    const release = releaseFacts(options.root, options.trialNote)
    await run(
      configToRun(options.config, options.snapshots, clock.bootId, configExit(release)),
      release,
      options.trialMinutes * 60_000,
      parts,
    )
  })
program
  .command('check')
  .description('check the configuration file and say what is wrong with it')
  .requiredOption('--config <file>', 'configuration file (JSON)')
  .action(({ config }: { config: string }) => {
    configOrExit(config)
    process.stdout.write(`${config} is fine\n`)
  })
program
  .command('doctor')
  .description('try everything that the hub needs; the hub must not run meanwhile')
  .requiredOption('--config <file>', 'configuration file (JSON)')
  .action(async ({ config }: { config: string }) => doctor(configOrExit(config)))
program
  .command('diagnose')
  .description('print what support may see: counts, codes and versions; no secret, address or measured value')
  .requiredOption('--config <file>', 'configuration file (JSON)')
  .action(({ config: path }: { config: string }) => {
    const { version: node, platform, arch } = process
    const facts = {
      version: packageVersion(),
      timeKnown: clock.wall() !== undefined,
      runtime: { node, platform, arch },
    }
    process.stdout.write(`${JSON.stringify(diagnose({ config: configOrExit(path), ...facts }), undefined, 2)}\n`)
  })

addUpdateCommands(program, { bootId: clock.bootId, randomHex })

/** Everything that is done at a command line. A hub that runs loads none of it: for years it would only be memory. */
async function addOtherCommands(): Promise<void> {
  const [
    { addBackupCommands },
    { addIdentityCommands },
    { addVisitCommands },
    { addWipeCommands },
    { addLabelCommand },
  ] = await Promise.all([
    import('./backup-commands.ts'),
    import('./identity/commands.ts'),
    import('./visit/command.ts'),
    import('./wipe-commands.ts'),
    import('./label-command.ts'),
  ])
  addBackupCommands(program, {
    randomHex,
    configOf: configOrExit,
    print: (text) => process.stdout.write(`${text}\n`),
    ...machineNumber(),
  })
  addIdentityCommands(program, {
    clock,
    machine: machineNumber().machine,
    config: configOrExit,
    say: (text) => process.stdout.write(`${text}\n`),
  })
  addVisitCommands(program, {
    clock,
    configOf: configOrExit,
    print: (text) => process.stdout.write(`${text}\n`),
    machine: machineNumber().machine,
    software: packageVersion(),
    log: createLog('hub-blank', 'info'),
    run: async (config) => run({ config: configOrExit(config) }, {}, TRIAL_MS, parts),
  })
  addWipeCommands(program, {
    clock,
    randomHex,
    configOf: configOrExit,
    print: (text) => process.stdout.write(`${text}\n`),
    machine: machineNumber().machine,
  })
  addLabelCommand(program, { machine: machineNumber().machine, print: (text) => process.stdout.write(`${text}\n`) })
}

if (process.argv[2] !== 'run') await addOtherCommands()
program.parseAsync().catch((error: unknown) => {
  const advice = isPreCareError(error) ? `. ${error.advice}` : ''
  process.stderr.write(`${messageOf(error)}${advice}\n`)
  process.exit(exitCodeOf(error))
})
