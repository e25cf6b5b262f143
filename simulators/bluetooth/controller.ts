import type { AdvertisingEvent } from './advertising.ts'
import { type CommandFault, type CommandTable, runCommand } from './commands.ts'
import { linkCommands } from './commands-link.ts'
import { scanningCommands } from './commands-scanning.ts'
import { setupCommands } from './commands-setup.ts'
import { Connecting } from './connecting.ts'
import { commandPacket, PACKET_ACL, PACKET_COMMAND } from './hci.ts'
import type { HciController, HostPort } from './host-port.ts'
import type { PeripheralDefinition, SimulatedTime } from './peripheral.ts'
import { type RandomOctets, seededRandom } from './random.ts'
import { type PacketLoss, Scanner } from './scanning.ts'
import { type PeripheralFaults, VirtualPeripheral } from './virtual-peripheral.ts'

export { listenH4 } from './h4-server.ts'
export { attachInProcess } from './in-process.ts'

export interface ControllerOptions {
  readonly time: SimulatedTime
  /** Public address. */
  readonly address?: string
  readonly random?: RandomOctets
  /** Longest ACL payload from the host. Default 251, the longest of LE Data Length Extension (Core, Vol 6, Part B, 2.4). */
  readonly aclLength?: number
  /** ACL packets the controller can hold. Default 8. */
  readonly aclCount?: number
  /** Links at a time. Default 10, as common dongles. */
  readonly maxLinks?: number
  /** Longest ACL payload towards the host; small values cut each PDU into many packets. Default: never cut. */
  readonly rxFragment?: number
  readonly commandFault?: CommandFault
  readonly isLost?: PacketLoss
}

const DEFAULTS = {
  address: '02:00:00:00:00:01',
  aclLength: 251,
  aclCount: 8,
  maxLinks: 10,
  rxFragment: 0xffff,
} as const
const DEFAULT_SEED = 1

/** A Bluetooth LE controller (Core, Vol 4, Part E, and Vol 6, Part B) with the air and the peripherals around it. */
export class VirtualController implements HciController {
  readonly address: string
  readonly #options: ControllerOptions
  readonly #random: RandomOctets
  readonly #scanner: Scanner
  readonly #links: Connecting
  readonly #commands: CommandTable
  readonly #hosts = new Set<(packet: Uint8Array) => void>()
  readonly #powerListeners = new Set<(powered: boolean) => void>()
  readonly #peripherals = new Set<VirtualPeripheral>()
  #powered = true

  constructor(options: ControllerOptions) {
    this.#options = options
    const limits = { ...DEFAULTS, ...options }
    this.address = limits.address
    this.#random = options.random ?? seededRandom(DEFAULT_SEED)
    const send = (packet: Buffer) => this.#toHosts(packet)
    this.#scanner = new Scanner(send, options.isLost)
    this.#links = new Connecting({
      time: options.time,
      send,
      fragmentLength: limits.rxFragment,
      aclCount: limits.aclCount,
      maxLinks: limits.maxLinks,
    })
    this.#commands = new Map([
      ...setupCommands(limits, () => this.#reset()),
      ...scanningCommands(this.#scanner),
      ...linkCommands(this.#links, send),
    ])
  }

  get powered(): boolean {
    return this.#powered
  }

  /** Off, the adapter is as if unplugged: no answer, no event, and links end without a word to the host. */
  set powered(powered: boolean) {
    if (powered === this.#powered) return
    this.#powered = powered
    this.#reset()
    for (const listener of [...this.#powerListeners]) listener(powered)
  }

  get peripherals(): ReadonlySet<VirtualPeripheral> {
    return this.#peripherals
  }

  attach(definition: PeripheralDefinition, faults: PeripheralFaults = {}): VirtualPeripheral {
    const peripheral = new VirtualPeripheral(
      definition,
      {
        time: this.#options.time,
        random: this.#random,
        central: this.address,
        transmit: (from, event) => this.#hear(from, event),
        leave: (from) => this.#peripherals.delete(from),
      },
      faults,
    )
    this.#peripherals.add(peripheral)
    return peripheral
  }

  connectHost(deliver: (packet: Uint8Array) => void): HostPort {
    // A function of this port's own: a host that plugs in twice is two hosts.
    const host = (packet: Uint8Array) => deliver(packet)
    this.#hosts.add(host)
    return {
      receive: (packet) => this.#receive(packet, host),
      close: () => {
        this.#hosts.delete(host)
        if (this.#hosts.size === 0) this.#reset()
      },
    }
  }

  onPower(listener: (powered: boolean) => void): () => void {
    this.#powerListeners.add(listener)
    return () => this.#powerListeners.delete(listener)
  }

  /** Fault: another process on the machine sends a command to the same adapter. */
  injectForeignCommand(opcode: number, parameters: Uint8Array): void {
    this.#receive(commandPacket(opcode, parameters), undefined)
  }

  #receive(packet: Uint8Array, from: ((packet: Uint8Array) => void) | undefined): void {
    if (!this.#powered) return
    if (packet[0] === PACKET_ACL) this.#links.receive(packet)
    if (packet[0] !== PACKET_COMMAND || packet.length < 4) return
    this.#toHosts(packet, from)
    runCommand(this.#commands, packet, (event) => this.#toHosts(event), this.#options.commandFault)
  }

  #hear(peripheral: VirtualPeripheral, event: AdvertisingEvent): void {
    if (!this.#powered || this.#options.isLost?.('advertisement', event.address)) return
    this.#scanner.hear(event)
    const connected = this.#links.hear(event)
    if (connected !== undefined) peripheral.connected(connected.link, connected.announce)
  }

  #toHosts(packet: Uint8Array, except?: (packet: Uint8Array) => void): void {
    for (const host of [...this.#hosts]) if (host !== except) host(packet)
  }

  #reset(): void {
    this.#scanner.reset()
    this.#links.reset()
  }
}
