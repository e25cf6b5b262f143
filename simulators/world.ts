import { join } from 'node:path'
import { listenH4, VirtualController } from './bluetooth/controller.ts'
import type { SimulatedTime } from './bluetooth/peripheral.ts'
import { seededRandom as seededOctets } from './bluetooth/random.ts'
import type { EmittedReading, SimulatedDevice, Surroundings } from './devices/device.ts'
import { createBleDevice, createSerialDevice } from './devices/of-scenario.ts'
import { DEFAULT_TIME_ZONE, devicesOf, type Scenario, type ScenarioDevice } from './scenario.ts'
import { measurementsOf } from './scenario-course.ts'
import { seededRandom, seedFor } from './scenario-random.ts'
import { listenTcpPort } from './serial/tcp-port.ts'
import { type BreakableThings, scheduleFaults } from './world-faults.ts'

/** One home: its radio with the devices around it, and its serial ports. */
interface Home {
  readonly hub: string
  readonly controller: VirtualController
  /** Unix socket of the controller (H4), when the world has a directory for sockets. */
  readonly hciSocket?: string
  readonly serial: readonly { readonly device: string; readonly target: string }[]
}

export interface World {
  readonly homes: readonly Home[]
  readonly devices: ReadonlyMap<string, SimulatedDevice>
  /** Ends everything; safe to call twice. */
  stop(): Promise<void>
}

export interface WorldOptions {
  /** Drives measurements, advertising and links. */
  readonly time: SimulatedTime
  /** Epoch ms; drives the devices' clocks. */
  readonly wallNow: () => number
  /** Directory for the controllers' unix sockets; without it they are reached in process only. */
  readonly sockets?: string
  /** Instead of the scenario's. */
  readonly seed?: number
  readonly onEmitted?: (reading: EmittedReading) => void
  readonly onForgotten?: (key: string) => void
}

/** A locally administered address per hub, so that bonds of two hubs differ. */
const hubAddress = (index: number): string => `02:00:00:00:01:${(index + 1).toString(16).padStart(2, '0')}`

/**
 * Makes a running world of a scenario. Time starts with the call: a measurement planned for second 3 happens 3 s later.
 * @throws PreCareError 'port-unavailable' when a socket or port cannot be opened; nothing is left running then
 */
export async function startWorld(scenario: Scenario, options: WorldOptions): Promise<World> {
  const seed = options.seed ?? scenario.seed
  const closers: (() => void | Promise<void>)[] = []
  const devices = new Map<string, SimulatedDevice>()
  const things: BreakableThings = { controllers: new Map(), devices, peripherals: new Map(), ports: new Map() }
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      for (const close of closers.reverse()) await close()
    })()
    return stopped
  }
  const around = (device: string): Surroundings & { random: () => number } => ({
    time: options.time,
    wallNow: options.wallNow,
    timeZone: scenario.timeZone ?? DEFAULT_TIME_ZONE,
    random: seededRandom(seedFor(seed, `device/${device}`)),
    ...(options.onEmitted ? { onEmitted: options.onEmitted } : {}),
    ...(options.onForgotten ? { onForgotten: options.onForgotten } : {}),
  })

  const addDevice = async (entry: ScenarioDevice, controller: VirtualController): Promise<Home['serial']> => {
    if ('address' in entry) {
      const device = createBleDevice(entry, around(entry.id))
      things.peripherals.set(entry.id, device.attachTo(controller))
      devices.set(entry.id, device)
      closers.push(() => device.close())
      return []
    }
    const device = createSerialDevice(entry, around(entry.id))
    devices.set(entry.id, device)
    closers.push(() => device.close())
    const port = await listenTcpPort(device, {
      ...around(entry.id),
      ...(entry.port === undefined ? {} : { port: entry.port }),
      ...(entry.line === undefined ? {} : { faults: entry.line }),
    })
    things.ports.set(entry.id, port)
    closers.push(() => port.close())
    return [{ device: entry.id, target: port.target }]
  }

  const addHome = async (hub: string, index: number): Promise<Home> => {
    const random = seededOctets(seedFor(seed, `hub/${hub}`))
    const controller = new VirtualController({ time: options.time, address: hubAddress(index), random })
    things.controllers.set(hub, controller)
    const serial: { device: string; target: string }[] = []
    for (const entry of devicesOf(scenario, hub)) serial.push(...(await addDevice(entry, controller)))
    if (options.sockets === undefined) return { hub, controller, serial }
    const hciSocket = join(options.sockets, `${hub}.sock`)
    const server = await listenH4(controller, hciSocket)
    closers.push(() => server.close())
    return { hub, controller, hciSocket, serial }
  }

  try {
    const homes: Home[] = []
    for (const [index, { id }] of scenario.registry.hubs.entries()) homes.push(await addHome(id, index))
    closers.push(scheduleMeasurements(scenario, seed, devices, options.time))
    closers.push(scheduleFaults(scenario.faults, things, options.time))
    return { homes, devices, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** @returns ends the measuring */
function scheduleMeasurements(
  scenario: Scenario,
  seed: number,
  devices: ReadonlyMap<string, SimulatedDevice>,
  time: SimulatedTime,
): () => void {
  const start = time.now()
  const pending = new Map<number, { cancel(): void }>()
  scenario.series.forEach((series, i) => {
    const plan = measurementsOf(series, seed)
    const next = (): void => {
      pending.delete(i)
      const planned = plan.next()
      if (planned.done) return
      const { atMs, values, slot } = planned.value
      const measure = (): void => {
        devices.get(series.device)?.measure(values, slot === undefined ? {} : { slot })
        next()
      }
      pending.set(i, time.setTimeout(measure, Math.max(0, start + atMs - time.now())))
    }
    next()
  })
  return () => {
    for (const timer of pending.values()) timer.cancel()
  }
}
