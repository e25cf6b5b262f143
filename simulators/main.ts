import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { isPreCareError, messageOf } from '../device-drivers/errors.ts'
import { readScenario } from './scenario.ts'
import { scaledTime } from './time.ts'
import { startWorld } from './world.ts'

/** EX_CONFIG of sysexits.h: a person must change the file or the command line. */
const EXIT_CONFIG = 78

interface Options {
  readonly sockets: string
  readonly speed?: number
  readonly seed?: number
  readonly emitted?: string
}

function speed(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1000)) throw new InvalidArgumentError('use a factor above 0, at most 1000')
  return value
}

function seed(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('use a whole number from 0')
  return value
}

/** A scenario is found from where the command is given, or beside this file (`scenarios/demo.json`). */
function scenarioPath(given: string): string {
  const beside = fileURLToPath(new URL(given, import.meta.url))
  return !existsSync(given) && existsSync(beside) ? beside : resolve(given)
}

async function simulate(file: string, options: Options): Promise<void> {
  const scenario = readScenario(scenarioPath(file))
  mkdirSync(options.sockets, { recursive: true })
  const { emitted } = options
  if (emitted !== undefined) writeFileSync(emitted, '')
  // Written at once and whole: whoever reads the file may kill this process at any moment.
  const tell = (line: unknown): void => {
    if (emitted !== undefined) appendFileSync(emitted, `${JSON.stringify(line)}\n`)
  }
  const world = await startWorld(scenario, {
    time: scaledTime(options.speed ?? scenario.speed),
    wallNow: Date.now,
    sockets: resolve(options.sockets),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    onEmitted: tell,
    onForgotten: (forgotten) => tell({ forgotten }),
  })
  const stop = (): void => {
    void world.stop().then(() => process.exit(0))
  }
  // On, not once: under npm a Ctrl-C comes twice, and the second would kill.
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const hubs = world.homes.map(({ hub, hciSocket, serial }) => ({ hub, hciSocket, serial }))
  console.log(JSON.stringify({ ready: true, hubs }))
}

await new Command('simulate')
  .description(
    'Simulated homes: a virtual Bluetooth controller per hub on a unix socket, and serial devices on TCP ports, with the ' +
      'people of a scenario who measure. Prints one JSON line when ready and runs until Ctrl-C.',
  )
  .argument('<scenario>', 'a scenario file; scenarios/demo.json is one')
  .requiredOption('--sockets <DIR>', 'directory for the unix sockets of the controllers')
  .option('--speed <X>', "how fast simulated time passes (default: the scenario's)", speed)
  .option('--seed <N>', "repeats a run, or makes another one (default: the scenario's)", seed)
  .option('--emitted <FILE>', 'writes a JSON line for each record that a device has made, for somebody who checks them')
  .action(async (file: string, options: Options) => {
    try {
      await simulate(file, options)
    } catch (error) {
      console.error(isPreCareError(error) ? `${error.message}\n${error.advice}` : messageOf(error))
      process.exit(isPreCareError(error, 'config-invalid') ? EXIT_CONFIG : 1)
    }
  })
  .parseAsync()
