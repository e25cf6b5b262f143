import { createClient, type MessageBus } from 'dbus-native'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import type { PeripheralDefinition, SimulatedTime } from '../bluetooth/peripheral.ts'
import { agentCaller, type RegisteredAgent } from './agent-caller.ts'
import { BluezError, BusObject } from './bus-object.ts'
import { VirtualDevice } from './virtual-device.ts'

const ROOT = '/org/bluez'
const ADAPTER_ADDRESS = '00:00:5E:00:53:01'
/** RequestName's answer "you are the owner" (D-Bus Specification, RequestName). */
const PRIMARY_OWNER = 1

export interface VirtualBluezOptions {
  /** D-Bus address. */
  readonly bus: string
  readonly time: SimulatedTime
  /** N of hciN. */
  readonly adapter?: number
}

/**
 * A stand-in for bluetoothd: one adapter, the devices around it, and the agent's manager, on a bus. It has no radio and no
 * ATT below it; what it shows is how bluetoothd looks to its clients.
 */
export class VirtualBluez {
  readonly #bus: MessageBus
  readonly #time: SimulatedTime
  readonly #path: string
  readonly #devices = new Set<VirtualDevice>()
  readonly #discovering = new Set<string>()
  readonly #agents = new Map<string, RegisteredAgent>()
  readonly #adapter: BusObject
  #agent: RegisteredAgent | undefined
  #connecting = 0
  /** How often discovery was asked for. */
  discoveries = 0
  /** The most connections that were being set up at a time. */
  mostConnecting = 0

  private constructor(bus: MessageBus, { time, adapter = 0 }: VirtualBluezOptions) {
    this.#bus = bus
    this.#time = time
    this.#path = `${ROOT}/hci${adapter}`
    bus.exportObjectManager('/')
    this.#exportManager()
    this.#adapter = this.#exportAdapter()
  }

  /** @throws PreCareError('listen-failed') when the bus is not there or has a bluetoothd */
  static async start(options: VirtualBluezOptions): Promise<VirtualBluez> {
    const bus = createClient({ busAddress: options.bus })
    const lost = new Promise<never>((_, reject) => {
      bus.connection.on('error', (error) => reject(new PreCareError('listen-failed', messageOf(error))))
    })
    lost.catch(() => bus.connection.end())
    const bluez = new VirtualBluez(bus, options)
    bus.connection.on('close', () => {
      for (const device of bluez.#devices) device.vanish()
    })
    const answer = await Promise.race([bus.requestName('org.bluez', 0), lost])
    if (answer !== PRIMARY_OWNER) throw new PreCareError('listen-failed', 'the bus has a bluetoothd')
    return bluez
  }

  /** @param options.passkey what the device shows while it pairs */
  attach(definition: PeripheralDefinition, options: { readonly passkey?: number } = {}): VirtualDevice {
    const device = new VirtualDevice(
      definition,
      {
        bus: this.#bus,
        time: this.#time,
        adapterPath: this.#path,
        discovering: () => this.powered && this.#discovering.size > 0,
        agent: () => {
          const agent = this.#agent
          return agent && { capability: agent.capability, caller: agentCaller(this.#bus, agent) }
        },
        connecting: (change) => {
          this.#connecting += change
          this.mostConnecting = Math.max(this.mostConnecting, this.#connecting)
        },
        leave: (gone) => void this.#devices.delete(gone),
      },
      options.passkey ?? 0,
    )
    this.#devices.add(device)
    return device
  }

  /** Who is asked while a device pairs. */
  get agent(): RegisteredAgent | undefined {
    return this.#agent
  }

  get powered(): boolean {
    return this.#adapter.get('Powered') === true
  }

  /** Fault: the adapter goes off or comes on by another's hand. */
  set powered(on: boolean) {
    this.#adapter.set({ Powered: ['b', on] })
    this.#powerChanged(on)
  }

  /** Fault: discovery ends without a word to whoever wanted it. */
  endDiscovery(): void {
    this.#discovering.clear()
    this.#adapter.set({ Discovering: ['b', false] })
  }

  /** What the daemon counts of each other client; a client that is gone has none. */
  async matchRules(): Promise<readonly { readonly client: string; readonly rules: number }[]> {
    const clients = (await this.#bus.listNames()).filter((name) => name.startsWith(':') && name !== this.#bus.name)
    return Promise.all(
      clients.map(async (client) => {
        const stats: unknown = await this.#bus.invokeDbus<unknown>({
          interface: 'org.freedesktop.DBus.Debug.Stats',
          member: 'GetConnectionStats',
          signature: 's',
          body: [client],
        })
        const rules: unknown =
          typeof stats === 'object' && stats !== null ? Reflect.get(stats, 'MatchRules') : undefined
        return { client, rules: Number(rules) }
      }),
    )
  }

  /** The program ends: the bus tells everybody. */
  async stop(): Promise<void> {
    for (const device of this.#devices) device.detach()
    await this.#bus.close()
  }

  #powerChanged(on: boolean): void {
    if (on) return
    this.#discovering.clear()
    for (const device of this.#devices) device.end(0x08)
    this.#adapter.set({ Discovering: ['b', false] })
  }

  #exportAdapter(): BusObject {
    return new BusObject(
      this.#bus,
      this.#path,
      'org.bluez.Adapter1',
      {
        SetDiscoveryFilter: { takes: 'a{sv}', gives: '', call: () => undefined },
        StartDiscovery: { takes: '', gives: '', call: (_, sender) => this.#startDiscovery(sender) },
        StopDiscovery: { takes: '', gives: '', call: (_, sender) => this.#stopDiscovery(sender) },
        RemoveDevice: { takes: 'o', gives: '', call: ([path]) => this.#removeDevice(path) },
      },
      { Address: ['s', ADAPTER_ADDRESS], Powered: ['b', false], Discovering: ['b', false] },
      (property, value) => {
        if (property === 'Powered') this.#powerChanged(value === true)
      },
    )
  }

  #startDiscovery(sender: string): void {
    if (!this.powered) throw new BluezError('NotReady', 'Resource Not Ready')
    if (this.#discovering.has(sender)) throw new BluezError('InProgress', 'Operation already in progress')
    this.discoveries += 1
    this.#discovering.add(sender)
    this.#adapter.set({ Discovering: ['b', true] })
  }

  #stopDiscovery(sender: string): void {
    if (!this.#discovering.delete(sender)) throw new BluezError('Failed', 'No discovery started')
    for (const device of this.#devices) device.silence()
    this.#adapter.set({ Discovering: ['b', false] })
  }

  #removeDevice(path: unknown): void {
    const device = [...this.#devices].find((known) => known.path === path)
    if (device === undefined) throw new BluezError('DoesNotExist', 'Does Not Exist')
    device.forgetObject()
  }

  #exportManager(): void {
    const key = (sender: string, path: unknown) => `${sender} ${String(path)}`
    const registered = (sender: string, path: unknown): RegisteredAgent => {
      const agent = this.#agents.get(key(sender, path))
      if (agent === undefined) throw new BluezError('DoesNotExist', 'Does Not Exist')
      return agent
    }
    new BusObject(
      this.#bus,
      ROOT,
      'org.bluez.AgentManager1',
      {
        RegisterAgent: {
          takes: 'os',
          gives: '',
          call: ([path, capability], sender) => {
            if (this.#agents.has(key(sender, path))) throw new BluezError('AlreadyExists', 'Already Exists')
            this.#agents.set(key(sender, path), { sender, path: String(path), capability: String(capability) })
          },
        },
        RequestDefaultAgent: {
          takes: 'o',
          gives: '',
          call: ([path], sender) => {
            this.#agent = registered(sender, path)
          },
        },
        UnregisterAgent: {
          takes: 'o',
          gives: '',
          call: ([path], sender) => {
            const agent = registered(sender, path)
            this.#agents.delete(key(sender, path))
            if (this.#agent === agent) this.#agent = undefined
          },
        },
      },
      {},
    )
  }
}
