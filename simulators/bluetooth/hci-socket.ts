import { EventEmitter } from 'node:events'
import { realTime } from '../time.ts'
import { PACKET_EVENT } from './hci.ts'
import { type HciRoute, inProcessRoute, unixSocketRoute } from './hci-route.ts'
import { view } from './octets.ts'

/** Device id when the host names none: hci0, as the kernel would choose. */
const FIRST_DEVICE = 0

/**
 * Stands in for the class of `@abandonware/bluetooth-hci-socket`, with all its methods: a raw HCI socket on a virtual
 * controller, in this process or behind the unix socket that the environment names.
 *
 * Emits 'data' with exactly one packet, never from within `write`, each in its own turn of the event loop (microtasks of
 * the host run between two packets, as they do between two reads of a real socket), and in memory of its own.
 */
export class HciSocket extends EventEmitter {
  #route: HciRoute | undefined
  #deviceId = FIRST_DEVICE
  #filter: Buffer | undefined

  bindRaw(deviceId?: number): number {
    this.#deviceId = deviceId ?? FIRST_DEVICE
    return this.#deviceId
  }

  bindUser(deviceId?: number): number {
    return this.bindRaw(deviceId)
  }

  /** The management channel; nothing virtual is managed through it. */
  bindControl(): void {}

  isDevUp(): boolean {
    return this.#connected().isUp()
  }

  /** @param filter `struct hci_filter` of Linux: type mask, two words of event mask, opcode */
  setFilter(filter: Buffer): void {
    this.#filter = Buffer.from(filter)
  }

  start(): void {
    this.#connected()
  }

  stop(): void {
    this.#route?.close()
    this.#route = undefined
  }

  /** Powers the real device down and up; the virtual controller is reset by its own HCI command. */
  reset(): void {}

  getDeviceList(): { devId: number; devUp: boolean }[] {
    return [{ devId: this.#deviceId, devUp: this.isDevUp() }]
  }

  write(packet: Buffer): void {
    const copy = Buffer.from(packet)
    setImmediate(() => this.#route?.write(copy))
  }

  #connected(): HciRoute {
    const deliver = (packet: Uint8Array) => {
      if (!this.#passes(packet)) return
      const copy = Buffer.from(packet)
      setImmediate(() => this.emit('data', copy))
    }
    const path = process.env['PRECARE_VIRTUAL_HCI']
    this.#route ??= path ? unixSocketRoute(path, realTime(), deliver) : inProcessRoute(this.#deviceId, deliver)
    return this.#route
  }

  #passes(packet: Uint8Array): boolean {
    const [type = 0, event = 0] = packet
    if (this.#filter === undefined) return true
    if (((this.#filter.readUInt32LE(0) >>> type) & 1) === 0) return false
    if (type !== PACKET_EVENT) return true
    const word = view(this.#filter).readUInt32LE(event < 32 ? 4 : 8)
    return ((word >>> (event & 31)) & 1) === 1
  }
}

// noble takes the class from require() itself, not from a property of what it returns.
export { HciSocket as 'module.exports' }
