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
import { forgetFailures, standBy } from './stand-by.ts'
import { lazySerial } from './transport/lazy-serial.ts'
import type { BleTransport, SerialTransport } from './transport/transport.ts'
import type { TransportLog } from './transport/transport-log.ts'
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
  // Until the hub stands there is nothing to finish.
  let leave = (signal: string): void => {
    log.info('stopping', { signal })
    process.exit(EXIT.ok)
  }
  // On, not once: under npm the same Ctrl-C comes twice, from the terminal and from npm; the second would kill.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => leave(signal))
  const hub = await startOrStandBy(clock, log, {
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
  leave = (signal) => {
    log.info('stopping', { signal })
    visiting.abort()
    notify?.('STOPPING=1')
    hub.stop().then(() => process.exit(EXIT.ok), die('stop-failed'))
  }
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
async function startOrStandBy(clock: HubClock, log: Log, parts: HubParts): Promise<Hub> {
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
