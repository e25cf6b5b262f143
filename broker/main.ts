import { Command, InvalidArgumentError } from 'commander'
import { type ErrorCode, isPreCareError, messageOf } from '../device-drivers/errors.ts'
import { openTrail } from './audit/trail.ts'
import { systemClock } from './broker-clock.ts'
import { influxOf, parseConfig, readJsonFile } from './config.ts'
import { openLog } from './log.ts'
import { provision, resetAccount, secretFile } from './provision.ts'
import type { Journal } from './store/journal.ts'

/** The broker process: `run`, and the commands that provision it. */

/** EX_CONFIG of sysexits.h: a person must correct something, starting again does not help. */
const EXIT_CONFIG = 78
/** EX_IOERR: the journal can't be opened or written; nothing of it was promised to a hub. Start again. */
const EXIT_STORE = 74
/** The demo and supervisors give 3 s before they kill; whatever still hangs then is given up. */
const STOP_MS = 2_500

interface RunFlags {
  readonly config?: string
  readonly data?: string
  readonly mqttPort?: number
  readonly httpPort?: number
  readonly tlsPort?: number
  readonly enrolPort?: number
  readonly influx?: string
}

function port(text: string): number {
  const value = Number(text)
  if (/^\d{1,5}$/.test(text) && value <= 65_535) return value
  throw new InvalidArgumentError('use a port from 0 (any free one) to 65535')
}

/** Not a flag, because flags show in the list of processes; not in the file, because a file is copied about. */
const INFLUX_PASSWORD = 'PRECARE_INFLUX_PASSWORD'
const METRICS_TOKEN = 'PRECARE_METRICS_TOKEN'
const PROVIDER_SECRET = 'PRECARE_PROVIDER_SECRET'

/** Flags before the file, the file before the defaults. */
function configOf(flags: RunFlags) {
  const file = flags.config === undefined ? {} : parseConfig(readJsonFile(flags.config))
  const base = parseConfig(file)
  const influx = flags.influx === undefined ? base.influx : influxOf(flags.influx)
  const password = process.env[INFLUX_PASSWORD]
  const tls = {
    ...(flags.tlsPort === undefined ? {} : { mqttPort: flags.tlsPort }),
    ...(flags.enrolPort === undefined ? {} : { enrolPort: flags.enrolPort }),
  }
  const metricsToken = process.env[METRICS_TOKEN] ?? base.metricsToken
  const clientSecret = process.env[PROVIDER_SECRET]
  const provider = base.identityProvider
  return parseConfig({
    ...base,
    ...(flags.data === undefined ? {} : { dataDir: flags.data }),
    mqtt: { ...base.mqtt, ...(flags.mqttPort === undefined ? {} : { port: flags.mqttPort }) },
    http: { ...base.http, ...(flags.httpPort === undefined ? {} : { port: flags.httpPort }) },
    ...(base.tls !== undefined || Object.keys(tls).length > 0 ? { tls: { ...base.tls, ...tls } } : {}),
    ...(metricsToken === undefined ? {} : { metricsToken }),
    ...(provider && clientSecret !== undefined ? { identityProvider: { ...provider, clientSecret } } : {}),
    ...(influx === undefined ? {} : { influx: password === undefined ? influx : { password, ...influx } }),
  })
}

async function run(flags: RunFlags): Promise<void> {
  const config = configOf(flags)
  const log = openLog(config.logLevel)
  const stop = new AbortController()
  // On, not once: under npm a Ctrl-C comes twice, from the terminal and from npm; the second would kill.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort(signal))
  const { openBroker } = await import('./broker.ts')
  const broker = await openBroker(config, systemClock, log)
  void broker.broken.then(({ code, message: reason, advice }) => {
    log.error('journal-broken', { code, reason, advice })
    // No closing: it would write. In data terms this is a SIGKILL, which any moment must bear.
    process.exit(EXIT_STORE)
  })
  const { mqttUrl, httpUrl, tlsUrl, enrolUrl } = broker
  log.info('ready', { mqttUrl, httpUrl, ...(tlsUrl && { tlsUrl }), ...(enrolUrl && { enrolUrl }) })
  if (!stop.signal.aborted)
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))
  log.info('stopping')
  await Promise.race([broker.close(), systemClock.sleep(STOP_MS, new AbortController().signal)])
  log.info('stopped')
  process.exit(0)
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

async function provisionCommand(file: string, flags: { data: string; out?: string; dryRun?: boolean }): Promise<void> {
  const dryRun = flags.dryRun === true
  const write = flags.out === undefined || dryRun ? print : secretFile(flags.out)
  const { change, passwords } = await provision(flags.data, file, systemClock, { dryRun })
  if (dryRun) print(change)
  else write(passwords)
}

const program = new Command('broker').description(
  'The central service: takes readings from hubs, stores and forwards them.',
)
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_CONFIG))

program
  .command('run', { isDefault: true })
  .description('start the broker')
  .option('--config <FILE>', 'JSON file with the configuration; flags go before it')
  .option('--data <DIR>', 'folder of the journal')
  .option('--mqtt-port <N>', 'MQTT port; 0 = any free one', port)
  .option('--http-port <N>', 'HTTP port; 0 = any free one', port)
  .option('--tls-port <N>', 'also MQTT over TLS on this port; 0 = any free one', port)
  .option('--enrol-port <N>', 'with TLS: port where hubs enrol and renew; 0 = any free one', port)
  .option(
    '--influx <URL>',
    `also write to this InfluxDB 1.x, as http://user@127.0.0.1:8086/precare; password in ${INFLUX_PASSWORD}`,
  )
  .action(run)

program
  .command('provision')
  .argument(
    '<FILE>',
    'JSON: organisations, citizens, groups, hubs, devices, assignments, grants, limits, templates, watches, rules, plans, clients, users',
  )
  .description('apply a registry and make the missing accounts; their passwords are shown once')
  .option('--data <DIR>', 'folder of the journal', 'data/broker')
  .option('--dry-run', 'say what would change, and change nothing')
  .option('--out <FILE>', 'write the passwords there, readable by its owner only, instead of printing them')
  .action(provisionCommand)

const account = program.command('account').description('accounts of hubs and clients')
account
  .command('reset')
  .argument('<ID>')
  .description('give an account a new random password and print it')
  .option('--data <DIR>', 'folder of the journal', 'data/broker')
  .action(async (id: string, flags: { data: string }) => {
    print({ password: await resetAccount(flags.data, id, systemClock) })
  })

function exitOf(code: ErrorCode): number {
  if (code.endsWith('-invalid')) return EXIT_CONFIG
  return code.startsWith('store-') ? EXIT_STORE : 1
}

/** Everything else that is done at a command line; whoever runs or provisions needs none of it. */
async function addOtherCommands(): Promise<void> {
  const [
    { addIdentityCommands },
    { notifyCommands },
    { watchCommand },
    { addRightsCommands },
    { addAuditCommands },
    { addAlertCommands },
    { installationCommands },
  ] = await Promise.all([
    import('./identity/commands.ts'),
    import('./notify/commands.ts'),
    import('./watch/commands.ts'),
    import('./rights/commands.ts'),
    import('./audit/commands.ts'),
    import('./alerts/commands.ts'),
    import('./installations/commands.ts'),
  ])
  const clock = systemClock
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  const audit = (journal: Journal) => openTrail(journal, clock)
  addIdentityCommands(program, { clock, print, say })
  program.addCommand(notifyCommands(clock, print))
  program.addCommand(watchCommand(clock))
  addRightsCommands(program, account, clock, print)
  addAuditCommands(program, clock, say, print)
  addAlertCommands(program, { clock, audit, print: say })
  program.addCommand(installationCommands({ clock, print, audit }))
}

function fail(error: unknown): never {
  const known = isPreCareError(error)
  const told = {
    event: 'failed',
    reason: messageOf(error),
    ...(known ? { code: error.code, advice: error.advice } : {}),
  }
  process.stderr.write(`${JSON.stringify(told)}\n`)
  process.exit(known ? exitOf(error.code) : 1)
}

process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
if (!['run', 'provision'].includes(process.argv[2] ?? '')) await addOtherCommands().catch(fail)
program.parseAsync().catch(fail)
