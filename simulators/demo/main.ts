import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { topics } from '../../broker/contract/topics.ts'
import { messageOf } from '../../device-drivers/errors.ts'
import { paintFor, receiptLine } from '../clinic/lines.ts'
import { type ReadyFile, subscribeAsClinic } from '../clinic/subscriber.ts'
import { hubConfig, readScenario } from '../scenario.ts'
import { realTime } from '../time.ts'
import { type Child, runToEnd } from './children.ts'
import { demoPeople, usersOf } from './people.ts'
import { type Start, type Together, together } from './together.ts'

/**
 * `npm start`: the whole system on one machine. Broker, simulated devices and two hubs are separate processes; this one
 * starts them, subscribes as a clinic does, and prints what arrives.
 */

const time = realTime()
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
/** The main of a part, as source or as built JavaScript, whichever this file is. */
const mainOf = (part: string): string => fileURLToPath(new URL(`../../${part}/main${extension}`, import.meta.url))
const moduleOf = (path: string): string => new URL(`../${path}${extension}`, import.meta.url).href

interface Options {
  readonly data: string
  readonly mqttPort: number
  readonly httpPort: number
  readonly influx?: string
  readonly broker?: string
  readonly brokerData?: string
  readonly httpUrl?: string
  readonly speed: number
  readonly scenario: string
}

async function demo(options: Options): Promise<void> {
  const data = resolve(options.data)
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const readyPath = join(data, 'ready.json')
  rmSync(readyPath, { force: true })
  const lives = together(isReady, printReceipt, () => rmSync(readyPath, { force: true }))
  try {
    await begin(options, data, readyPath, lives)
  } catch (error) {
    lives.fail(messageOf(error))
  }
}

async function begin(options: Options, data: string, readyPath: string, { start, signal }: Together): Promise<void> {
  const scenario = readScenario(options.scenario)
  const brokerData = options.brokerData ?? join(data, 'broker')
  const registryPath = join(data, 'registry.json')
  const [client] = scenario.registry.clients
  if (client === undefined) throw new Error(`${options.scenario}: registry.clients names no subscriber`)
  const users = options.broker === undefined ? usersOf(client.organisation) : []
  const registry = { ...scenario.registry, users }
  writeFileSync(registryPath, JSON.stringify(registry, null, 2))
  const secrets = await passwords(registryPath, brokerData, registry)

  const urls = options.broker === undefined ? await startBroker(options, brokerData, start) : await elsewhere(options)

  const sockets = join(data, 'radios')
  mkdirSync(sockets, { recursive: true })
  const devices = start('simulated devices', [
    mainOf('simulators'),
    options.scenario,
    '--sockets',
    sockets,
    '--speed',
    String(options.speed),
    '--seed',
    String(randomBytes(3).readUIntBE(0, 3)),
  ])
  const world = (await devices.ready) as {
    hubs: { hub: string; hciSocket: string; serial: { device: string; target: string }[] }[]
  }

  const ready: ReadyFile = {
    mqttUrl: urls.mqttUrl,
    username: client.id,
    password: secrets.clients[client.id] ?? '',
    httpUrl: urls.httpUrl,
    topicRoot: topics.orgRoot(client.organisation),
  }
  await subscribeAsClinic(ready, 'demo', paintFor(process.stdout), (line) => console.log(line), signal)

  const hubs: Child[] = []
  for (const { hub, hciSocket, serial } of world.hubs) {
    const dataDir = join(data, hub)
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    const config = hubConfig(scenario, hub, {
      mqttUrl: urls.mqttUrl,
      username: hub,
      password: secrets.hubs[hub] ?? '',
      dataDir,
      serialTargets: Object.fromEntries(serial.map((s) => [s.device, s.target])),
    })
    const configPath = join(dataDir, 'config.json')
    writeFileSync(configPath, JSON.stringify(config, null, 2), { mode: 0o600 })
    // Only this line puts virtual radios below the hub; the hub itself is the one that runs in a home.
    const args = ['--import', moduleOf('bluetooth/register'), mainOf('gateway'), 'run', '--config', configPath]
    hubs.push(start(hub, args, { PRECARE_VIRTUAL_HCI: hciSocket }))
  }
  await Promise.all(hubs.map((hub) => hub.ready))
  // A broker that runs elsewhere has its own people.
  if (options.broker === undefined)
    await demoPeople(join(data, 'people.json'), urls.httpUrl, secrets.users ?? {}, time.now)
  writeFileSync(readyPath, JSON.stringify(ready, null, 2), { mode: 0o600 })
  printHowToLook(ready, data)
}

interface Urls {
  readonly mqttUrl: string
  readonly httpUrl: string
}

async function startBroker(options: Options, brokerData: string, start: Start): Promise<Urls> {
  const { mqttPort, httpPort, influx } = options
  const ports = ['--mqtt-port', String(mqttPort), '--http-port', String(httpPort)]
  const args = [mainOf('broker'), 'run', '--data', brokerData, ...ports]
  const broker = start('broker', influx === undefined ? args : [...args, '--influx', influx])
  return (await broker.ready) as unknown as Urls
}

/** A broker that runs already, as in the compose file. */
async function elsewhere(options: Options): Promise<Urls> {
  const { hostname } = new URL(options.broker ?? '')
  return { mqttUrl: options.broker ?? '', httpUrl: options.httpUrl ?? `http://${hostname}:${options.httpPort}` }
}

const isReady = (line: Record<string, unknown>): boolean => line['event'] === 'ready' || line['ready'] === true

/** A hub logs each receipt; the demo shows it, since receipts are for hubs and no clinic may read them. */
function printReceipt({ event, hub, first, last }: Record<string, unknown>): void {
  if (event !== 'receipt' || typeof hub !== 'string' || typeof first !== 'number' || typeof last !== 'number') return
  console.log(receiptLine(new Date(time.now()).toISOString(), hub, first, last))
}

interface Secrets {
  readonly hubs: Record<string, string>
  readonly clients: Record<string, string>
  /** Only of those who are new. */
  readonly users?: Record<string, string>
}

/** Provisions the broker; accounts that exist from an earlier run get a new random password. */
async function passwords(
  registryPath: string,
  brokerData: string,
  registry: { hubs: readonly { id: string }[]; clients: readonly { id: string }[] },
): Promise<Secrets> {
  const main = mainOf('broker')
  const made: Secrets = JSON.parse(
    await runToEnd('broker provision', [main, 'provision', registryPath, '--data', brokerData]),
  )
  const missing = async (ids: readonly { id: string }[], have: Record<string, string>): Promise<void> => {
    for (const { id } of ids) {
      if (have[id] !== undefined) continue
      const reset = JSON.parse(
        await runToEnd('broker account reset', [main, 'account', 'reset', id, '--data', brokerData]),
      )
      have[id] = reset.password
    }
  }
  await missing(registry.hubs, made.hubs)
  await missing(registry.clients, made.clients)
  return made
}

function printHowToLook(ready: ReadyFile, data: string): void {
  const { hostname, port } = new URL(ready.mqttUrl)
  const flag = data === resolve('data') ? '' : ` -- --data ${data}`
  console.log('ready')
  console.log(
    `  The page for nurses: ${ready.httpUrl}/   Who signs in how:  npm run clinic -- sign-in${flag.replace(' --', '')}`,
  )
  console.log(`  Watch as a clinic does, in another terminal:  npm run clinic${flag}`)
  console.log(
    `  With any MQTT client:  mosquitto_sub -h ${hostname} -p ${port} -i ${ready.username}:me -u ${ready.username} -P "$PASSWORD" -t '${ready.topicRoot}/#' -v`,
  )
  console.log(`  Password and addresses:  ${join(data, 'ready.json')}`)
  console.log(
    `  Since a cursor, over HTTP:  curl -u ${ready.username}:"$PASSWORD" '${ready.httpUrl}/v1/readings?since=0'`,
  )
  console.log('  The devices and citizens are simulated. Ctrl-C ends everything.')
}

function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65535)
    throw new InvalidArgumentError('use a port from 0 (any free one) to 65535')
  return value
}

function speed(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1000)) throw new InvalidArgumentError('use a factor above 0, at most 1000')
  return value
}

await new Command('start')
  .description(
    'The whole system on this machine, with simulated homes: broker, devices and two hubs as separate processes',
  )
  .option('--data <DIR>', 'where everything is kept', 'data')
  .option('--mqtt-port <N>', 'MQTT port on 127.0.0.1; 0 = any free one', port, 18830)
  .option('--http-port <N>', 'HTTP port on 127.0.0.1; 0 = any free one', port, 18080)
  .option('--influx <URL>', 'also write to this InfluxDB 1.x, for example http://127.0.0.1:8086/precare')
  .option('--speed <X>', 'how fast simulated time passes', speed, 1)
  .option('--broker <URL>', 'use this running broker instead of starting one, for example mqtt://127.0.0.1:1883')
  .option('--http-url <URL>', 'with --broker: where it answers HTTP, when not plain on --http-port')
  .option('--broker-data <DIR>', 'its data folder, to make the accounts in')
  .option('--scenario <FILE>', 'who measures what', fileURLToPath(new URL('../scenarios/demo.json', import.meta.url)))
  .action(demo)
  .parseAsync()
