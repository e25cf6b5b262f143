import type { MessageBus } from 'dbus-native'
import { PreCareError } from '../../device-drivers/errors.ts'
import type {
  AttachedPeripheral,
  CharacteristicDefinition,
  PeripheralDefinition,
  PeripheralLink,
  SimulatedTime,
} from '../bluetooth/peripheral.ts'
import type { AgentCaller } from './agent-caller.ts'
import { BluezError, BusObject, type Method, type Typed } from './bus-object.ts'
import { addressProperties, advertisedProperties, bluezUuid } from './device-properties.ts'
import { exportServices, type GattObjects } from './gatt-objects.ts'
import { pair } from './pairing.ts'

/** bluetoothd forgets an unpaired device this long after its last advertisement (src/adapter.c, temporary devices). */
const TEMPORARY_MS = 30_000
/** Until the device answers a connection request and its services are found. */
const ANSWER_MS = 5

/** What the virtual bluetoothd lends its devices. */
export interface Surroundings {
  readonly bus: MessageBus
  readonly time: SimulatedTime
  readonly adapterPath: string
  readonly discovering: () => boolean
  readonly agent: () => { readonly capability: string; readonly caller: AgentCaller } | undefined
  /** A connection began (1) or ceased (-1) to be set up. */
  readonly connecting: (change: 1 | -1) => void
  readonly leave: (device: VirtualDevice) => void
}

/** One peripheral as bluetoothd shows it: Device1, and its services while it is connected or bonded. */
export class VirtualDevice implements AttachedPeripheral {
  readonly definition: PeripheralDefinition
  readonly path: string
  readonly #around: Surroundings
  readonly #passkey: number
  #object: BusObject | undefined
  #gatt: GattObjects | undefined
  #link: PeripheralLink | undefined
  #connecting: ((error: BluezError) => void) | undefined
  #deviceBonded = false
  #encrypted = false
  #detached = false
  #advertiser: { cancel(): void } | undefined
  #until = Number.POSITIVE_INFINITY
  #forget: { cancel(): void } | undefined
  /** Fault: how often a connection ends before it was established. */
  abortedConnections = 0

  constructor(definition: PeripheralDefinition, around: Surroundings, passkey: number) {
    this.definition = definition
    this.#around = around
    this.#passkey = passkey
    this.path = `${around.adapterPath}/dev_${definition.address.toUpperCase().replaceAll(':', '_')}`
  }

  get link(): PeripheralLink | undefined {
    return this.#link
  }

  get isPaired(): boolean {
    return this.#object?.get('Paired') === true
  }

  // --- Advertising -----------------------------------------------------------------------------------------------

  startAdvertising(durationMs = Number.POSITIVE_INFINITY): void {
    if (this.#detached) return
    this.stopAdvertising()
    this.#until = this.#around.time.now() + durationMs
    this.#advertise()
  }

  stopAdvertising(): void {
    this.#advertiser?.cancel()
    this.#advertiser = undefined
  }

  #advertise(): void {
    const { time, discovering } = this.#around
    if (time.now() > this.#until) {
      this.stopAdvertising()
      return
    }
    this.#advertiser = time.setTimeout(() => this.#advertise(), this.definition.advertising().intervalMs)
    if (this.#connecting !== undefined) this.#accept()
    else if (discovering()) this.#heard()
  }

  #heard(): void {
    const { time } = this.#around
    const properties = advertisedProperties(this.definition)
    if (this.#object === undefined) this.#object = this.#export(properties)
    else this.#object.set(properties)
    this.#forget?.cancel()
    this.#forget = time.setTimeout(() => {
      if (this.#link === undefined && !this.isPaired) this.forgetObject()
    }, TEMPORARY_MS)
  }

  /** Discovery ended: what was heard is no longer news. */
  silence(): void {
    this.#object?.drop('RSSI')
  }

  // --- Device1 ---------------------------------------------------------------------------------------------------

  #export(advertised: Readonly<Record<string, Typed>>): BusObject {
    const nothing = { takes: '', gives: '' }
    const methods: Record<string, Method> = {
      Connect: { ...nothing, call: () => this.#connect() },
      Disconnect: { ...nothing, call: () => this.#disconnect() },
      Pair: { ...nothing, call: () => this.#pair() },
      CancelPairing: { ...nothing, call: () => undefined },
    }
    const own = { ...addressProperties(this.definition, this.#around.adapterPath), ...advertised }
    return new BusObject(this.#around.bus, this.path, 'org.bluez.Device1', methods, own)
  }

  #connect(): Promise<void> {
    if (this.#link !== undefined) throw new BluezError('AlreadyConnected', 'Already Connected')
    if (this.#connecting !== undefined) throw new BluezError('InProgress', 'Operation already in progress')
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#around.connecting(1)
    this.#connecting = (error) => {
      this.#connecting = undefined
      this.#around.connecting(-1)
      if (error === CONNECTED) resolve()
      else reject(error)
    }
    return promise
  }

  /** As bluetoothd does with a bonded device that it was told to welcome. */
  connectByItself(): void {
    this.#accept()
  }

  /** At the advertisement after the request. */
  #accept(): void {
    const answer = this.#connecting
    if (this.abortedConnections > 0) {
      this.abortedConnections -= 1
      answer?.(new BluezError('Failed', 'le-connection-abort-by-local'))
      return
    }
    this.stopAdvertising()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#around.time.setTimeout(resolve, ANSWER_MS)
    this.#encrypted = this.isPaired && this.#deviceBonded
    this.#link = this.#newLink()
    this.#object?.set({ Connected: ['b', true] })
    answer?.(CONNECTED)
    this.definition.onConnect?.(this.#link)
    void promise.then(() => this.#resolveServices())
  }

  #resolveServices(): void {
    if (this.#link === undefined) return
    this.#gatt ??= exportServices(this.#around.bus, this.path, this.definition.services, {
      link: () => this.#link,
      secure: (characteristic) => this.#secure(characteristic),
    })
    this.#object?.set({
      ServicesResolved: ['b', true],
      UUIDs: ['as', this.definition.services.map(({ uuid }) => bluezUuid(uuid))],
    })
  }

  #disconnect(): void {
    this.#connecting?.(new BluezError('Failed', 'le-connection-abort-by-local'))
    this.end(0x16)
  }

  /** The link ends. @param reason HCI error code as the device sees it */
  end(reason: number): void {
    if (this.#link === undefined) return
    this.#link = undefined
    this.#encrypted = false
    this.#gatt?.disconnected()
    if (!this.isPaired) this.#dropServices()
    this.#object?.set({ Connected: ['b', false], ServicesResolved: ['b', false] })
    this.definition.onDisconnect?.(reason)
  }

  #newLink(): PeripheralLink {
    const device = this
    const mine = (): boolean => device.#link === link
    const link: PeripheralLink = {
      get encrypted() {
        return device.#encrypted
      },
      mtu: this.definition.mtu ?? 23,
      notify: (characteristic, bytes) => mine() && (this.#gatt?.push(characteristic, bytes) ?? false),
      // bluetoothd confirms before anybody on the bus has seen it.
      indicate: async (characteristic, bytes) => {
        if (!mine()) throw new PreCareError('link-lost', 'the link ended')
        this.#gatt?.push(characteristic, bytes)
      },
      disconnect: (reason = 0x13) => {
        if (mine()) this.end(reason)
      },
    }
    return link
  }

  // --- Security --------------------------------------------------------------------------------------------------

  async #pair(): Promise<void> {
    if (this.isPaired) throw new BluezError('AlreadyExists', 'Already Exists')
    const agent = this.#around.agent()
    if (agent === undefined) throw new BluezError('AuthenticationFailed', 'Authentication Failed')
    await pair({
      policy: this.definition.security ?? 'none',
      passkey: this.#passkey,
      deviceBonded: this.#deviceBonded,
      capability: agent.capability,
      device: this.path,
      agent: agent.caller,
    })
    this.#deviceBonded = true
    this.#encrypted = true
    this.#object?.set({ Paired: ['b', true], Bonded: ['b', true] })
  }

  /** bluetoothd pairs by itself when an attribute asks for it; a bond that the device has lost is not replaced. */
  async #secure({ encrypted }: CharacteristicDefinition): Promise<void> {
    if (encrypted !== true || this.#encrypted) return
    if (this.isPaired) throw new BluezError('NotPermitted', 'Not paired')
    await this.#pair().catch(() => {
      throw new BluezError('NotPermitted', 'Not paired')
    })
  }

  forgetBond(): void {
    this.#deviceBonded = false
    this.#encrypted = false
  }

  // --- The end ---------------------------------------------------------------------------------------------------

  #dropServices(): void {
    this.#gatt?.remove()
    this.#gatt = undefined
  }

  /** Adapter1.RemoveDevice, and the end of a temporary device: with the bond on this side. */
  forgetObject(): void {
    this.end(0x16)
    this.#dropServices()
    this.#object?.remove()
    this.#object = undefined
  }

  /** The bus is gone, and with it all objects; nothing more is said. */
  vanish(): void {
    this.#detached = true
    this.stopAdvertising()
    this.#forget?.cancel()
    this.#object = undefined
    this.#gatt = undefined
    this.#link = undefined
  }

  detach(): void {
    this.#detached = true
    this.stopAdvertising()
    this.#forget?.cancel()
    this.forgetObject()
    this.#around.leave(this)
  }
}

/** Ends a pending connection well. */
const CONNECTED = new BluezError('None', 'connected')
