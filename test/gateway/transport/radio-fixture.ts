import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import type { Advertisement } from '../../../device-drivers/driver.ts'
import { isPreCareError } from '../../../device-drivers/errors.ts'
import { type BondStore, memoryBonds } from '../../../gateway/transport/bonds.ts'
import { createNobleTransport } from '../../../gateway/transport/noble.ts'
import type { Deadlines } from '../../../gateway/transport/noble-deadlines.ts'
import type { BleTransport } from '../../../gateway/transport/transport.ts'
import type { TransportLog } from '../../../gateway/transport/transport-log.ts'
import { type HubTime, systemTime } from '../../../gateway/transport/transport-time.ts'
import { attachInProcess, type ControllerOptions, VirtualController } from '../../../simulators/bluetooth/controller.ts'
import type { CharacteristicDefinition, PeripheralDefinition } from '../../../simulators/bluetooth/peripheral.ts'
import { realTime } from '../../../simulators/time.ts'

/** One adapter id for each radio of a test process. */
let nextAdapter = 0

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, string | number>>
}

export function collectingLog(lines: LogLine[]): TransportLog {
  const at = (level: LogLine['level']) => (fields: LogLine['fields'], message: string) =>
    void lines.push({ level, message, fields })
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

export interface Hub {
  readonly transport: BleTransport
  readonly seen: Advertisement[]
  readonly lines: LogLine[]
  readonly signal: AbortSignal
  stop(): void
}

/** A started transport on one adapter that is on; stopped at the end of the test. */
export async function startHub(options: HubOptions): Promise<Hub> {
  const hub = bareHub(options)
  await becomes(() => hub.transport.health().state === 'ready')
  return hub
}

interface HubOptions {
  readonly adapter: number
  readonly time?: HubTime
  readonly bonds?: BondStore
  readonly deadlines?: Partial<Deadlines>
  readonly powerCycle?: (signal: AbortSignal) => Promise<void>
}

/** The same, without waiting for the adapter. */
export function bareHub(options: HubOptions): Hub {
  const lines: LogLine[] = []
  const seen: Advertisement[] = []
  const stop = new AbortController()
  const transport = createNobleTransport({
    adapter: options.adapter,
    bonds: options.bonds ?? memoryBonds(),
    time: options.time ?? systemTime,
    log: collectingLog(lines),
    ...(options.deadlines ? { deadlines: options.deadlines } : {}),
    ...(options.powerCycle ? { powerCycle: options.powerCycle } : {}),
  })
  transport.start((advertisement) => void seen.push(advertisement), stop.signal)
  onTestFinished(() => stop.abort())
  return { transport, seen, lines, signal: new AbortController().signal, stop: () => stop.abort() }
}

/** A controller in this process, plugged in unless the test wants to do that itself. */
export function startController(options: Partial<ControllerOptions> & { readonly plugged?: boolean } = {}) {
  const adapter = nextAdapter
  nextAdapter += 1
  const controller = new VirtualController({ time: realTime(), ...options })
  const plug = () => {
    const { detach } = attachInProcess(adapter, controller)
    onTestFinished(() => {
      for (const peripheral of [...controller.peripherals]) peripheral.detach()
      detach()
    })
  }
  if (options.plugged !== false) plug()
  return { adapter, controller, plug }
}

export function becomes(condition: () => boolean, timeout = 5_000): Promise<void> {
  return vi.waitFor(
    () => {
      if (!condition()) throw new Error(`not yet: ${condition.toString()}`)
    },
    { timeout, interval: 5 },
  )
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'precare-transport-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const ADDRESS = '11:22:33:44:55:66'
export const SERVICE = '1810'
export const MEASUREMENT = '2A35'

export const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
export const hexOf = (value: Uint8Array) => Buffer.from(value).toString('hex')

export const READABLE = [{ uuid: '2A29', properties: ['read'], value: bytes('41') }] as const

/** What an operation failed with. */
export const code = (error: unknown): string => (isPreCareError(error) ? error.code : String(error))

/** A peripheral with one service, which advertises every 20 ms. */
export function device(
  address: string,
  characteristics: readonly CharacteristicDefinition[],
  more: Partial<PeripheralDefinition> = {},
): PeripheralDefinition {
  return {
    address,
    addressType: 'public',
    services: [{ uuid: SERVICE, characteristics }],
    advertising: () => ({ intervalMs: 20, name: 'cuff', services: [SERVICE] }),
    ...more,
  }
}

/** Reads everything that comes until the end. */
export async function collect(values: AsyncIterable<Uint8Array>): Promise<string[]> {
  const all: string[] = []
  for await (const value of values) all.push(hexOf(value))
  return all
}
