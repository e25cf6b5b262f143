import { isPreCareError } from '../device-drivers/errors.ts'
import { drivers } from '../device-drivers/index.ts'
import type { HubConfig } from './config.ts'
import type { ToRun } from './config-file.ts'
import { spaceOf } from './disk-space.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { type Hub, type HubParts, startHub } from './hub.ts'
import type { HubClock } from './hub-clock.ts'
import { identityFolder, readIdentity } from './identity/slots.ts'
import { createLog, errorFields, type Log } from './log.ts'
import { linesToStdout } from './log-lines.ts'
import { machineNumber } from './machine.ts'
import { systemdNotify } from './readiness.ts'
import { reboot } from './reboot.ts'
import { standBy, storeFailure } from './stand-by.ts'
import { failuresIn, forgetFailures, mayGiveUp } from './store-failures.ts'
import { lazySerial } from './transport/lazy-serial.ts'
import type { BleTransport, SerialTransport } from './transport/transport.ts'
import type { TransportLog } from './transport/transport-log.ts'
import { beginTrials } from './trials.ts'
import { type ReleaseTrial, releaseTrial, rolledBack } from './update/release-trial.ts'
import { packageVersion } from './version.ts'
import { attendVisits } from './visit/attend.ts'
import { watchdog, watchdogPeriodMs } from './watchdog.ts'

/** The life of a hub's process: its start, its trials, its signals and its end. */

export interface RunParts {
  readonly clock: HubClock
  readonly randomHex: (bytes: number) => string
  readonly radio: (config: HubConfig, log: TransportLog) => Promise<BleTransport>
  readonly lines: () => Promise<SerialTransport>
}

export interface ReleaseFacts {
  /** Present when this release is on trial. */
  readonly trial?: ReleaseTrial
  /** Release that was given up, while the one before it runs. */
  readonly back?: ReturnType<typeof rolledBack>
}

/** Whether this release is on trial, or another was given up. @param root where the releases are @param note of the trial */
export function releaseFacts(root: string | undefined, note: string): ReleaseFacts {
  if (root === undefined) return {}
  const trial = releaseTrial(root, note, packageVersion())
  return { ...(trial && { trial }), back: rolledBack(root) }
}

/** Runs the hub in this process until it is told to end, and then ends the process. @param trialMs for something new */
export async function run(
  { config, trial }: ToRun,
  release: ReleaseFacts,
  trialMs: number,
  { clock, randomHex, radio, lines }: RunParts,
): Promise<void> {
  const log: Log & { readonly transport: TransportLog } = createLog(
    config.hub,
    config.logLevel,
    linesToStdout((count) => log.warn('log-lines-lost', { count })),
  )
  if (release.back) log.error('release-rolled-back', { state: release.back.version, reason: release.back.why })
  const trials = beginTrials({ configuration: trial, release: release.trial, clock, log })
  const die = (event: string) => (error: unknown) => {
    log.error(event, errorFields(error))
    process.exit(exitCodeOf(error))
  }
  process.on('uncaughtException', die('uncaught'))
  process.on('unhandledRejection', die('unhandled'))
  const notify = systemdNotify(process.env, log)
  // Until the hub stands there is nothing to finish.
  let leave = (signal: string): void => {
    log.info('stopping', { signal })
    process.exit(EXIT.ok)
  }
  // On, not once: under npm the same Ctrl-C comes twice, from the terminal and from npm; the second would kill.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => leave(signal))
  const hub = await startOrStandBy({ config, clock, log }, async (giveUpUnreadable) => ({
    config,
    drivers,
    clock,
    random: Math.random,
    randomHex,
    log,
    version: packageVersion(),
    update: () => {
      if (trials.releaseOnTrial) return { state: 'on-trial', version: packageVersion() }
      return release.back && { state: 'rolled-back', version: release.back.version }
    },
    memory: () => process.memoryUsage.rss(),
    disk: () => spaceOf(config.dataDir),
    giveUpUnreadable,
    ...machineNumber(),
    ...(notify && { onRound: watchdog(notify, clock, watchdogPeriodMs(process.env)) }),
    ...(config.bluetooth.enabled ? { ble: await radio(config, log.transport) } : {}),
    ...(config.bluetooth.mayReboot === true ? { reboot: () => reboot() } : {}),
    serial: config.serial.length > 0 ? await lines() : lazySerial(lines),
  }))
  const visiting = new AbortController()
  /** What waits to share a commit is stored, and the broker told good-bye. */
  const finish = (code: number): void => {
    visiting.abort()
    notify?.('STOPPING=1')
    hub.stop().then(() => process.exit(code), die('stop-failed'))
  }
  leave = (signal) => {
    log.info('stopping', { signal })
    finish(EXIT.ok)
  }
  hub.broken.then((reason) => {
    // After an error of the disk a further commit could make the file forget what this one has lost.
    if (isPreCareError(reason, 'store-failed')) return die('outbox-broken')(reason)
    log.error('stopping', errorFields(reason))
    finish(exitCodeOf(reason))
  }, die('outbox-broken'))
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
  trials.follow(hub.healthy, trialMs, leave)
  await hub.ready
  log.info('ready')
}

interface StartParts {
  readonly config: HubConfig
  readonly clock: HubClock
  readonly log: Log
}

/** Ends the process when the disk takes no writes. @param parts may read and write files as well */
async function startOrStandBy(
  { config, clock, log }: StartParts,
  parts: (giveUpUnreadable: boolean) => Promise<HubParts>,
): Promise<Hub> {
  const runtimeDir = process.env['RUNTIME_DIRECTORY']
  try {
    const hub = startHub(await parts(mayGiveUp(failuresIn(runtimeDir))))
    forgetFailures(runtimeDir)
    return hub
  } catch (error) {
    const failure = storeFailure(error)
    if (failure === undefined) throw error
    const reboots = config.disk.mayReboot === true ? { reboot: () => reboot() } : {}
    await standBy({ config, clock, log, ...(runtimeDir === undefined ? {} : { runtimeDir }), ...reboots }, failure)
    return process.exit(EXIT.store)
  }
}
