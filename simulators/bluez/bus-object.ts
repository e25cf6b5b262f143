import type { InterfaceDescriptor, MessageBus } from 'dbus-native'

/** A refusal as bluetoothd words it. */
export class BluezError extends Error {
  readonly dbusName: string
  /** @param name 'Failed', 'NotPermitted', ... */
  constructor(name: string, text: string) {
    super(text)
    this.dbusName = `org.bluez.Error.${name}`
  }
}

export interface Method {
  readonly takes: string
  readonly gives: string
  /** The arguments, and last the caller's unique name. */
  call(args: readonly unknown[], sender: string): unknown
}

/** A property's value with its D-Bus type. */
export type Typed = readonly [type: string, value: unknown]

/** One interface of one object on the bus. Properties come and go, as bluetoothd's do (no RSSI, no property). */
export class BusObject {
  readonly path: string
  readonly #bus: MessageBus
  readonly #descriptor: InterfaceDescriptor & { readonly properties: Record<string, string> }
  readonly #values: Record<string, unknown> = {}

  /** @param onSet a client wrote a property */
  constructor(
    bus: MessageBus,
    path: string,
    name: string,
    methods: Readonly<Record<string, Method>>,
    properties: Readonly<Record<string, Typed>>,
    onSet: (property: string, value: unknown) => void = () => undefined,
  ) {
    this.#bus = bus
    this.path = path
    this.#descriptor = {
      name,
      methods: Object.fromEntries(
        Object.entries(methods).map(([member, { takes, gives }]) => [member, [takes, gives, [], []]]),
      ),
      properties: {},
    }
    const implementation: Record<string, unknown> = Object.fromEntries(
      Object.entries(methods).map(([member, method]) => [
        member,
        async (...args: unknown[]) => {
          const message = args.at(-1)
          const sender: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'sender') : ''
          const given = await method.call(args.slice(0, -1), String(sender))
          return method.gives === '' ? null : given
        },
      ]),
    )
    for (const [property, [type, value]] of Object.entries(properties)) {
      this.#descriptor.properties[property] = type
      this.#values[property] = value
    }
    const proxy = new Proxy(implementation, {
      get: (target, member) => (typeof member === 'string' ? (target[member] ?? this.#values[member]) : undefined),
      set: (_, property, value) => {
        this.#values[String(property)] = value
        onSet(String(property), value)
        return true
      },
    })
    bus.exportInterface(proxy, path, this.#descriptor)
  }

  get(property: string): unknown {
    return this.#values[property]
  }

  /** One signal with all of them, as bluetoothd sends what changed in one turn. */
  set(properties: Readonly<Record<string, Typed>>): void {
    for (const [property, [type, value]] of Object.entries(properties)) {
      this.#descriptor.properties[property] = type
      this.#values[property] = value
    }
    const changed = Object.fromEntries(Object.entries(properties).map(([property, [, value]]) => [property, value]))
    this.#bus.emitPropertiesChanged(this.path, this.#descriptor.name, changed)
  }

  /** The properties are no more. */
  drop(property: string): void {
    if (!Object.hasOwn(this.#descriptor.properties, property)) return
    delete this.#descriptor.properties[property]
    delete this.#values[property]
    this.#bus.emitPropertiesChanged(this.path, this.#descriptor.name, {}, [property])
  }

  remove(): void {
    this.#bus.unexportInterface(this.path, this.#descriptor.name)
  }
}
