import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { isPreCareError, messageOf } from '../device-drivers/errors.ts'
import { drivers } from '../device-drivers/index.ts'
import { type HubConfig, loadConfig, parseConfig } from './config.ts'
import { diagnose } from './diagnostics.ts'
import { spaceOf } from './disk-space.ts'
import { examine } from './doctor.ts'
import { EXIT } from './exit-codes.ts'
import { type Hub, type HubParts, startHub } from './hub.ts'
import { createHubClock } from './hub-clock.ts'
import { identityFolder, readIdentity } from './identity/slots.ts'
import { createLog, errorFields, type Log } from './log.ts'
import { machineNumber } from './machine.ts'
import { systemdNotify } from './readiness.ts'
import { reboot } from './reboot.ts'
import { startTrial, type Trial } from './snapshots.ts'
import { forgetFailures, standBy } from './stand-by.ts'
import type { BluezOptions } from './transport/bluez/bluez.ts'
import { lazySerial } from './transport/lazy-serial.ts'
import type { BleTransport, SerialTransport } from './transport/transport.ts'
import type { TransportLog } from './transport/transport-log.ts'
import { TRIAL_MS } from './trial.ts'
import { addUpdateCommands, NOTE_PATH } from './update/commands.ts'
import { type ReleaseTrial, releaseTrial, rolledBack } from './update/release-trial.ts'
import { packageVersion } from './version.ts'
import { attendVisits } from './visit/attend.ts'
import { watchdog, watchdogPeriodMs } from './watchdog.ts'
import { refuseHalfWiped } from './wipe-plan.ts'

/** The hub process. The only place that chooses noble, bluetoothd and serialport; a hub without a radio never loads noble. */

const clock = createHubClock()
const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex')

function sayUnusable(path: string, { message }: Error): void {
  process.stderr.write(`${path} can't be used:\n${message.replaceAll(/^/gm, '  ')}\n`)
}

/** @param code what the service manager is told when the file can't be used */
function configOrExit(path: string, code: number = EXIT.config): HubConfig {
  try {
    return loadConfig(path, { drivers })
  } catch (error) {
    if (!isPreCareError(error, 'config-invalid')) throw error
    sayUnusable(path, error)
    return process.exit(code)
  }
}

interface ToRun {
  readonly config: HubConfig
  /** Of the configuration; absent without a folder for snapshots. */
  readonly trial?: Trial
}

interface ReleaseFacts {
  /** Present when this release is on trial. */
  readonly trial?: ReleaseTrial
  /** Release that was given up, while the one before it runs. */
  readonly back?: ReturnType<typeof rolledBack>
}

interface RunOptions {
  readonly config: string
  readonly snapshots?: string
  readonly root?: string
  readonly trialNote: string
  readonly trialMinutes: number
}

function releaseFacts({ root, trialNote }: RunOptions): ReleaseFacts {
  if (root === undefined) return {}
  const trial = releaseTrial(root, trialNote, packageVersion())
  return { ...(trial && { trial }), back: rolledBack(root) }
}

/** The configuration in the file, or the last good one in its place. */
function configToRun(path: string, folder: string | undefined, code: number): ToRun {
  if (folder === undefined) return { config: configOrExit(path, code) }
  let given: HubConfig | undefined
  try {
    given = loadConfig(path, { drivers })
  } catch (error) {
    if (!isPreCareError(error, 'config-invalid')) throw error
    sayUnusable(path, error)
  }
  const trial = startTrial(folder, given && JSON.stringify(given), clock.bootId)
  if (trial === undefined) return process.exit(code)
  const good = (): HubConfig => parseConfig(JSON.parse(trial.text), { drivers }, () => '')
  return { trial, config: trial.used === 'given' && given !== undefined ? given : good() }
}

function halfWipedOrExit(path: string): void {
  try {
    refuseHalfWiped(path)
  } catch (error) {
    if (!isPreCareError(error, 'config-invalid')) throw error
    sayUnusable(path, error)
    process.exit(EXIT.config)
  }
}

function exitCodeOf(error: unknown): number {
  if (isPreCareError(error, 'store-failed')) return EXIT.store
  return isPreCareError(error, 'adapter-unavailable') ? EXIT.radio : EXIT.fault
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

/** 78 would keep the service from being started again; a release that does not understand the file must be put back. */
const configExit = (release: ReleaseFacts): number => (release.trial === undefined ? EXIT.config : EXIT.fault)

async function run({ config, trial }: ToRun, release: ReleaseFacts, trialMs: number): Promise<void> {
  const log = createLog(config.hub, config.logLevel)
  if (release.trial !== undefined) log.info('release-on-trial', { state: packageVersion() })
  if (release.back) log.error('release-rolled-back', { state: release.back.version, reason: release.back.why })
  let onTrial = release.trial !== undefined
  if (trial?.used === 'good') log.error('config-rolled-back', { reason: 'the file is not used; see the README' })
  const die = (event: string) => (error: unknown) => {
    log.error(event, errorFields(error))
    process.exit(exitCodeOf(error))
  }
  process.on('uncaughtException', die('uncaught'))
  process.on('unhandledRejection', die('unhandled'))
  const notify = systemdNotify(process.env, log)
  const hub = await startOrStandBy(log, {
    config,
    drivers,
    clock,
    random: Math.random,
    randomHex,
    log,
    version: packageVersion(),
    update: () => {
      if (onTrial) return { state: 'on-trial', version: packageVersion() }
      return release.back && { state: 'rolled-back', version: release.back.version }
    },
    memory: () => process.memoryUsage.rss(),
    disk: () => spaceOf(config.dataDir),
    ...machineNumber(),
    ...(notify && { onRound: watchdog(notify, clock, watchdogPeriodMs(process.env)) }),
    ...(config.bluetooth.enabled ? { ble: await radio(config, log.transport) } : {}),
    ...(config.bluetooth.mayReboot === true ? { reboot: () => reboot() } : {}),
    serial: config.serial.length > 0 ? await lines() : lazySerial(lines),
  })
  const visiting = new AbortController()
  const leave = (signal: string) => {
    log.info('stopping', { signal })
    visiting.abort()
    notify?.('STOPPING=1')
    hub.stop().then(() => process.exit(EXIT.ok), die('stop-failed'))
  }
  // On, not once: under npm the same Ctrl-C comes twice, from the terminal and from npm; the second would kill.
  process.on('SIGTERM', leave)
  process.on('SIGINT', leave)
  hub.broken.then(die('outbox-broken'), die('outbox-broken'))
  // Not only once the broker is reached: a home without internet has a hub that measures.
  notify?.('READY=1')
  void attendVisits(
    {
      ...{ hub: config.hub, dataDir: config.dataDir, drivers, clock, randomHex, log },
      ...machineNumber(),
      home: hub.home,
      software: packageVersion(),
      identity: () => readIdentity(identityFolder(config.dataDir)),
    },
    visiting.signal,
  )
  hub.healthy.then(() => {
    onTrial = false
    release.trial?.healthy()
    if (release.trial !== undefined) log.info('release-healthy', { state: packageVersion() })
  }, die('trial-not-noted'))
  clock.setTimeout(() => {
    if (!onTrial) return
    release.trial?.notHealthy()
    leave('release-trial')
  }, trialMs)
  const limit = clock.setTimeout(() => {
    if (trial?.notReached() === true) leave('trial')
  }, trialMs)
  await hub.ready
  limit.cancel()
  trial?.reached()
  log.info('ready')
}

/** Ends the process when the disk takes no writes. */
async function startOrStandBy(log: Log, parts: HubParts): Promise<Hub> {
  const runtimeDir = process.env['RUNTIME_DIRECTORY']
  const { config } = parts
  try {
    const hub = startHub(parts)
    forgetFailures(runtimeDir)
    return hub
  } catch (error) {
    if (!isPreCareError(error, 'store-failed')) throw error
    const reboots = config.disk.mayReboot === true ? { reboot: () => reboot() } : {}
    await standBy({ config, clock, log, ...(runtimeDir === undefined ? {} : { runtimeDir }), ...reboots }, error)
    return process.exit(EXIT.store)
  }
}

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
  .option('--snapshots <folder>', 'where to keep the last configuration that reached the broker, to fall back on')
  .option('--root <folder>', 'where the releases are, when the hub runs one of several')
  .option('--trial-note <file>', 'where to note how the trial of a release goes', NOTE_PATH)
  .option('--trial-minutes <number>', 'how long something new may take to prove itself', minutes, TRIAL_MS / 60_000)
  .action(async (options: RunOptions) => {
    halfWipedOrExit(options.config)
    const release = releaseFacts(options)
    await run(
      configToRun(options.config, options.snapshots, configExit(release)),
      release,
      options.trialMinutes * 60_000,
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
    const parts = {
      version: packageVersion(),
      timeKnown: clock.wall() !== undefined,
      runtime: { node, platform, arch },
    }
    process.stdout.write(`${JSON.stringify(diagnose({ config: configOrExit(path), ...parts }), undefined, 2)}\n`)
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
    run: async (config) => run({ config: configOrExit(config) }, {}, TRIAL_MS),
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
