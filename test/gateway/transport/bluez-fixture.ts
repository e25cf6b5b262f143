import { spawnSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import type { Advertisement } from '../../../device-drivers/driver.ts'
import { createBluezTransport } from '../../../gateway/transport/bluez/bluez.ts'
import type { PairingWish } from '../../../gateway/transport/bluez/pairing.ts'
import type { Deadlines } from '../../../gateway/transport/noble-deadlines.ts'
import type { BleTransport } from '../../../gateway/transport/transport.ts'
import { type HubTime, systemTime } from '../../../gateway/transport/transport-time.ts'
import { type PrivateBus, startPrivateBus } from '../../../simulators/bluez/private-bus.ts'
import { VirtualBluez } from '../../../simulators/bluez/virtual-bluez.ts'
import { realTime } from '../../../simulators/time.ts'
import { optional } from '../../support/optional.ts'
import { becomes, collectingLog, type LogLine, temporaryFolder } from './radio-fixture.ts'

/** Tests that need a real D-Bus daemon. */
export const withDbus = optional('dbus-daemon', spawnSync('dbus-daemon', ['--version']).status === 0)

export async function startBus(folder = temporaryFolder()): Promise<PrivateBus> {
  const bus = await startPrivateBus(folder)
  onTestFinished(() => bus.stop())
  return bus
}

export async function startBluez(bus: PrivateBus): Promise<VirtualBluez> {
  const bluez = await VirtualBluez.start({ bus: bus.address, time: realTime() })
  onTestFinished(() => bluez.stop())
  return bluez
}

export interface BluezHub {
  readonly transport: BleTransport
  readonly seen: Advertisement[]
  readonly lines: LogLine[]
  stop(): void
}

/** A started transport, without waiting for bluetoothd. Every device is configured, and pairs as `wish` says. */
export function bareBluezHub(
  bus: PrivateBus,
  options: { wish?: PairingWish; deadlines?: Partial<Deadlines>; time?: HubTime; wishOf?: () => undefined } = {},
): BluezHub {
  const lines: LogLine[] = []
  const seen: Advertisement[] = []
  const stop = new AbortController()
  const wish = options.wish ?? { numbersAgree: false, pairFirst: false }
  const transport = createBluezTransport({
    bus: bus.address,
    wishOf: options.wishOf ?? (() => wish),
    time: options.time ?? systemTime,
    log: collectingLog(lines),
    deadlines: { connectMs: 3_000, ...options.deadlines },
  })
  transport.start((advertisement) => void seen.push(advertisement), stop.signal)
  onTestFinished(() => stop.abort())
  return { transport, seen, lines, stop: () => stop.abort() }
}

/** A daemon, a bluetoothd on it and a hub that scans. */
export async function startBluezHub(options: Parameters<typeof bareBluezHub>[1] = {}) {
  const bus = await startBus()
  const bluez = await startBluez(bus)
  const hub = bareBluezHub(bus, options)
  await becomes(() => hub.transport.health().state === 'ready')
  return { bus, bluez, ...hub }
}
