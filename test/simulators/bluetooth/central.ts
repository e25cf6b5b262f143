import { createRequire } from 'node:module'
import type { Characteristic, Peripheral } from '@abandonware/noble'
import { PreCareError } from '../../../device-drivers/errors.ts'
import { attachInProcess, VirtualController } from '../../../simulators/bluetooth/controller.ts'
import type { PeripheralDefinition, ServiceDefinition } from '../../../simulators/bluetooth/peripheral.ts'
import { realTime } from '../../../simulators/time.ts'

/** Real noble on a virtual controller of its own, as a test uses it. */

// Devices are reported at their first advertisement; noble looks at this whenever it hears one.
process.env['NOBLE_REPORT_ALL_HCI_EVENTS'] = '1'

/** The parts of noble that these tests touch, with the inner ones that its declarations leave out. */
export interface Noble {
  on(event: 'discover', listener: (peripheral: Peripheral) => void): void
  on(event: string, listener: (value: unknown) => void): void
  off(event: string, listener: (...values: never[]) => void): void
  once(event: string, listener: (value: never) => void): void
  startScanningAsync(services: string[], allowDuplicates: boolean): Promise<void>
  stopScanningAsync(): Promise<void>
  readonly state: string
  readonly address: string
  readonly _bindings: {
    readonly _handles: Record<string, number>
    readonly _aclStreams: Record<number, AclStream>
    readonly _hci: Emitter & {
      pollIsDevUp: () => void
      startLeEncryption(handle: number, rand: Buffer, ediv: Buffer, ltk: Buffer): void
      connUpdateLe(handle: number, min: number, max: number, latency: number, timeout: number): void
    }
  }
}
interface AclStream {
  readonly _smp: Emitter
  write(cid: number, data: Buffer): void
  removeAllListeners(event: string): void
}
export interface Emitter {
  once(event: string, listener: (...values: never[]) => void): void
}

const createNoble: (options: { deviceId: number }) => Noble = createRequire(import.meta.url)(
  '@abandonware/noble/with-custom-binding',
)

let nextDevice = 0

/** The values of one event. */
export function event<T extends unknown[]>(emitter: Emitter, name: string): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  emitter.once(name, (...values: never[]) => resolve(values as unknown as T))
  return promise
}

/** noble on whatever the environment names (`PRECARE_VIRTUAL_HCI`), for a process of its own. */
export function openNobleBySocket(): Noble {
  return createNoble({ deviceId: 0 })
}

interface OpenNoble {
  readonly noble: Noble
  readonly deviceId: number
  /** Unplugs the adapter. */
  detach(): void
  close(): void
}

/** A noble of its own on `controller`. `close` takes back what noble leaves behind in the process. */
export function openNoble(controller: VirtualController): OpenNoble {
  const deviceId = nextDevice++
  const attached = attachInProcess(deviceId, controller)
  const before = { SIGINT: process.listeners('SIGINT'), exit: process.listeners('exit') }
  const noble = createNoble({ deviceId })
  void noble.state // noble starts when it is asked for its state
  const left = process.listeners('exit').filter((listener) => !before.exit.includes(listener))
  const leftSigint = process.listeners('SIGINT').filter((listener) => !before.SIGINT.includes(listener))
  return {
    noble,
    deviceId,
    detach: attached.detach,
    close: () => {
      attached.detach()
      noble._bindings._hci.pollIsDevUp = () => undefined
      for (const listener of left) process.off('exit', listener)
      for (const listener of leftSigint) process.off('SIGINT', listener)
    },
  }
}

export interface Central {
  readonly controller: VirtualController
  readonly noble: Noble
  /** Scans until the address is seen, then stops scanning. */
  find(address: string): Promise<Peripheral>
  /** Finds and connects. */
  connect(address: string): Promise<Peripheral>
  close(): void
}

type Limits = Omit<ConstructorParameters<typeof VirtualController>[0], 'time'> & {
  readonly time?: ConstructorParameters<typeof VirtualController>[0]['time']
}

/** A controller in real time with noble powered on. */
export async function openCentral(limits: Limits = {}): Promise<Central> {
  const controller = new VirtualController({ time: realTime(), ...limits })
  const { noble, close } = openNoble(controller)
  await reaches(noble, 'poweredOn')
  const find = async (address: string) => {
    const found = discovered(noble, address)
    await noble.startScanningAsync([], true)
    const peripheral = await found
    await noble.stopScanningAsync()
    return peripheral
  }
  return {
    controller,
    noble,
    find,
    connect: async (address) => {
      const peripheral = await find(address)
      await peripheral.connectAsync()
      return peripheral
    },
    close,
  }
}

export async function reaches(noble: Noble, state: string): Promise<void> {
  while (noble.state !== state) await event(noble, 'stateChange')
}

export function discovered(noble: Noble, address: string): Promise<Peripheral> {
  const { promise, resolve } = Promise.withResolvers<Peripheral>()
  const listener = (peripheral: Peripheral) => {
    if (peripheral.address !== address) return
    noble.off('discover', listener)
    resolve(peripheral)
  }
  noble.on('discover', listener)
  return promise
}

/**
 * Starts scanning and waits until the controller does. noble sends "off, parameters, on" and calls the first answer
 * 'scanStart' (gap.js:79), when nothing is on yet.
 */
export async function startScan(noble: Noble, allowDuplicates = true): Promise<void> {
  const { _hci: hci } = noble._bindings
  const off = event(hci, 'leScanEnableSet')
  void noble.startScanningAsync([], allowDuplicates)
  await off
  await event(hci, 'leScanEnableSet')
}

/** Discovers everything and gives the characteristic. */
export async function characteristic(peripheral: Peripheral, uuid: string): Promise<Characteristic> {
  const { characteristics } = await peripheral.discoverAllServicesAndCharacteristicsAsync()
  const found = characteristics.find((each) => each.uuid === uuid)
  if (found === undefined) throw new PreCareError('characteristic-missing', `no ${uuid}`)
  return found
}

/** An address that no other test uses. */
let lastAddress = 0
function anAddress(): string {
  lastAddress += 1
  return `c0:00:00:00:00:${lastAddress.toString(16).padStart(2, '0')}`
}

/** A peripheral with `services` that advertises often. */
export function aPeripheral(
  services: readonly ServiceDefinition[],
  more: Partial<PeripheralDefinition> = {},
): PeripheralDefinition {
  return {
    address: anAddress(),
    addressType: 'random',
    services,
    advertising: () => ({ intervalMs: 5, flags: 0x06 }),
    ...more,
  }
}
