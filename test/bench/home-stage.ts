import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { EmittedReading } from '../../simulators/devices/device.ts'
import { hubConfig, type Scenario } from '../../simulators/scenario.ts'
import { realTime } from '../../simulators/time.ts'
import { startWorld, type World } from '../../simulators/world.ts'
import { provision } from '../support/broker-process.ts'
import { BROKER_MAIN, HUB_MAIN } from '../support/mains.ts'
import type { PlannedAct } from './crash-home.ts'

/** A broker's data, a hub's configuration and a home full of devices, for processes that are then ill-treated. */
export interface HomeStage {
  readonly world: World
  /** What the devices made so far; the devices live in this process, which nobody kills. */
  readonly emitted: readonly EmittedReading[]
  readonly forgotten: readonly string[]
  readonly journalPath: string
  readonly hubDir: string
  readonly hubConfigPath: string
  /** Of `node`, to run the hub or the broker. */
  readonly hubArgs: readonly string[]
  readonly hubEnv: Record<string, string>
  readonly brokerArgs: readonly string[]
  /** Lets the device measure; the record's time is so many seconds before the stage was set. */
  measure(act: PlannedAct): void
}

export interface StageOptions {
  /** For sockets and configuration. */
  readonly dir: string
  readonly scenario: Scenario
  readonly hub: string
  readonly seed: number
  /** Where the hub finds the broker. */
  readonly mqttPort: number
  /** Elsewhere than below `dir`: a file system of their own. */
  readonly brokerDir?: string
  readonly hubDir?: string
  /** Other sources that the processes run. */
  readonly tree?: string
  /** Puts something between the hub and a serial device; returns where the hub finds it. */
  readonly serialLine?: (target: string) => Promise<string>
  /** The broker's own port; 0: any free one, told in its line 'ready'. */
  readonly brokerPort?: number
}

export async function setStage(options: StageOptions): Promise<HomeStage> {
  const { dir, scenario, hub, tree } = options
  const broker = tree === undefined ? BROKER_MAIN : resolve(tree, 'broker/main.ts')
  const gateway = tree === undefined ? HUB_MAIN : resolve(tree, 'gateway/main.ts')
  const brokerDir = options.brokerDir ?? join(dir, 'broker')
  const hubDir = options.hubDir ?? join(dir, 'hub')
  for (const folder of [brokerDir, hubDir, join(dir, 'radios')]) mkdirSync(folder, { recursive: true })
  const secrets = await provision(brokerDir, scenario.registry)
  const emitted: EmittedReading[] = []
  const forgotten: string[] = []
  const world = await startWorld(scenario, {
    time: realTime(),
    wallNow: Date.now,
    sockets: join(dir, 'radios'),
    seed: options.seed,
    onEmitted: (reading) => void emitted.push(reading),
    onForgotten: (key) => void forgotten.push(key),
  })
  const home = world.homes[0]
  const serialTargets: Record<string, string> = {}
  for (const { device, target } of home?.serial ?? []) {
    serialTargets[device] = (await options.serialLine?.(target)) ?? target
  }
  const config = hubConfig(scenario, hub, {
    mqttUrl: `mqtt://127.0.0.1:${options.mqttPort}`,
    username: hub,
    password: secrets.hubs[hub] ?? '',
    dataDir: hubDir,
    serialTargets,
  })
  const hubConfigPath = join(dir, 'hub.json')
  writeFileSync(hubConfigPath, JSON.stringify(config), { mode: 0o600 })
  const now = Date.now()
  return {
    world,
    emitted,
    forgotten,
    journalPath: join(brokerDir, 'journal.db'),
    hubDir,
    hubConfigPath,
    hubArgs: [
      '--import',
      resolve(tree ?? '.', 'simulators/bluetooth/register.ts'),
      gateway,
      'run',
      '--config',
      hubConfigPath,
    ],
    hubEnv: { PRECARE_VIRTUAL_HCI: home?.hciSocket ?? '' },
    brokerArgs: [
      broker,
      'run',
      '--data',
      brokerDir,
      '--mqtt-port',
      String(options.brokerPort ?? 0),
      '--http-port',
      '0',
    ],
    measure: ({ device, agoS, values }) => {
      world.devices.get(device)?.measure(values, { at: now - agoS * 1000 })
    },
  }
}
