import { randomBytes } from 'node:crypto'
import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { isPreCareError, messageOf } from '../device-drivers/errors.ts'
import { drivers } from '../device-drivers/index.ts'
import { type HubConfig, loadConfig } from './config.ts'
import { examine } from './doctor.ts'
import { startHub } from './hub.ts'
import { createHubClock } from './hub-clock.ts'
import { createLog, errorFields } from './log.ts'
import type { BleTransport, SerialTransport } from './transport/transport.ts'
import type { TransportLog } from './transport/transport-log.ts'
import { packageVersion } from './version.ts'

/** The hub process. The only place that chooses noble and serialport; a hub without a radio never loads noble. */

/** EX_CONFIG of sysexits.h: a service manager need not try again before somebody has changed the file. */
const EXIT_CONFIG = 78

const clock = createHubClock()
const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex')

function configOrExit(path: string): HubConfig {
  try {
    return loadConfig(path, { drivers })
  } catch (error) {
    if (!isPreCareError(error, 'config-invalid')) throw error
    process.stderr.write(`${path} can't be used:\n${error.message.replaceAll(/^/gm, '  ')}\n`)
    return process.exit(EXIT_CONFIG)
  }
}

async function radio(config: HubConfig, log: TransportLog): Promise<BleTransport> {
  const { createNobleTransport } = await import('./transport/noble.ts')
  const { openBondStore } = await import('./transport/bonds.ts')
  const bonds = openBondStore(join(config.dataDir, 'bonds.json'), log)
  return createNobleTransport({ adapter: config.bluetooth.adapter, bonds, time: clock, log })
}

async function lines(): Promise<SerialTransport> {
  const { createSerialTransport } = await import('./transport/serial.ts')
  return createSerialTransport({ time: clock })
}

async function run(config: HubConfig): Promise<void> {
  const log = createLog(config.hub, config.logLevel)
  const die = (event: string) => (error: unknown) => {
    log.error(event, errorFields(error))
    process.exit(1)
  }
  process.on('uncaughtException', die('uncaught'))
  process.on('unhandledRejection', die('unhandled'))
  const hub = startHub({
    config,
    drivers,
    clock,
    random: Math.random,
    randomHex,
    log,
    version: packageVersion(),
    memory: () => process.memoryUsage.rss(),
    freeBytes: () => {
      const { bavail, bsize } = statfsSync(config.dataDir)
      return bavail * bsize
    },
    ...(config.bluetooth.enabled ? { ble: await radio(config, log.transport) } : {}),
    ...(config.serial.length > 0 ? { serial: await lines() } : {}),
  })
  const leave = (signal: string) => {
    log.info('stopping', { signal })
    hub.stop().then(() => process.exit(0), die('stop-failed'))
  }
  process.once('SIGTERM', leave)
  process.once('SIGINT', leave)
  hub.broken.then(die('outbox-broken'), die('outbox-broken'))
  await hub.ready
  log.info('ready')
}

async function doctor(config: HubConfig): Promise<void> {
  const { transport } = createLog(config.hub, 'error')
  const findings = await examine({
    config,
    clock,
    randomHex,
    loadRadio: () => radio(config, transport),
    serial: lines,
  })
  for (const { what, ok, advice } of findings) {
    process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${what}${advice === undefined ? '' : `: ${advice}`}\n`)
  }
  process.exitCode = findings.every(({ ok }) => ok) ? 0 : 1
}

const program = new Command('hub').description('Carries measurements from the devices in a home to the broker.')
program
  .command('run', { isDefault: true })
  .description('run the hub until SIGTERM or SIGINT')
  .requiredOption('--config <file>', 'configuration file (JSON)')
  .action(async ({ config }: { config: string }) => run(configOrExit(config)))
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

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exit(1)
})
