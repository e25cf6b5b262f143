import { createClient, type DBusError, type ManagedObjects, type MessageBus, type Variant } from 'dbus-native'
import { messageOf, PreCareError } from '../../../device-drivers/errors.ts'
import { reasonOf, withDeadline } from '../deadline.ts'
import type { HubTime } from '../transport-time.ts'

/** The name bluetoothd owns, and its interfaces (BlueZ, doc/org.bluez.*.rst). */
export const BLUEZ = 'org.bluez'
export const ADAPTER = 'org.bluez.Adapter1'
export const DEVICE = 'org.bluez.Device1'
export const BATTERY = 'org.bluez.Battery1'
export const GATT_SERVICE = 'org.bluez.GattService1'
export const GATT_CHARACTERISTIC = 'org.bluez.GattCharacteristic1'
const PROPERTIES = 'org.freedesktop.DBus.Properties'

/** For bluetoothd to answer what needs no radio; D-Bus itself gives up after 25 s. */
const ANSWER_MS = 10_000
/** Then dbus-native forgets a call nobody waits for any more; above every deadline of ours. */
const FORGOTTEN_MS = 120_000

export interface CallLimits {
  readonly ms?: number
  readonly signals?: readonly AbortSignal[]
  /** What an expired deadline means; by default the adapter's absence. */
  readonly expired?: () => PreCareError
}

/** A method's arguments as D-Bus types them. */
export interface Arguments {
  readonly signature: string
  readonly body: readonly unknown[]
}

/**
 * One connection to the bus with bluetoothd's objects mirrored on it. Its match rules are made once and serve every
 * device, link and subscription: a client with a rule per listener ends at the daemon's limit of 512 when it loses one
 * of them each time (dbusjs/node-dbus-next#39).
 */
export interface BluezBus {
  readonly objects: ManagedObjects
  readonly raw: MessageBus
  /** Aborted when the bus or bluetoothd is gone. */
  readonly lost: AbortSignal
  /** Rejects with a DBusError when bluetoothd refuses, with a PreCareError when a limit ends it. */
  call(path: string, target: string, member: string, args?: Arguments, limits?: CallLimits): Promise<unknown>
  set(path: string, target: string, name: string, value: Variant): Promise<void>
  close(): Promise<void>
}

/** @throws PreCareError('adapter-unavailable') when there is no bus or no bluetoothd on it */
export async function openBus(address: string, time: HubTime): Promise<BluezBus> {
  const raw = createClient({ busAddress: address, timeout: FORGOTTEN_MS })
  const lost = new AbortController()
  const lose = (reason: string) => {
    if (!lost.signal.aborted) lost.abort(new PreCareError('adapter-unavailable', reason))
  }
  raw.connection.on('error', (error) => lose(`the bus failed: ${messageOf(error)}`))
  raw.connection.on('close', () => lose('the bus closed'))
  const limits = (own: CallLimits = {}) => ({
    time,
    ms: own.ms ?? ANSWER_MS,
    signals: [...(own.signals ?? []), lost.signal],
    expired: own.expired ?? (() => new PreCareError('adapter-unavailable', 'bluetoothd does not answer')),
  })
  const close = () => {
    lose('closed by the hub')
    // Not awaiting dbus-native's own close: it waits for the daemon, which may be stopped.
    raw.connection.end()
    raw.connection.stream.destroy()
    return Promise.resolve()
  }

  let objects: ManagedObjects
  try {
    objects = await withDeadline(raw.objects(BLUEZ, '/'), limits())
  } catch (error) {
    await close()
    if (error instanceof PreCareError) throw error
    throw new PreCareError('adapter-unavailable', `no bluetoothd on the bus: ${messageOf(error)}`, { cause: error })
  }
  objects.on('stale', () => lose('bluetoothd ended'))

  const call: BluezBus['call'] = async (path, target, member, args, own) => {
    // dbus-native prints a warning for what is written after the end.
    if (lost.signal.aborted) throw reasonOf(lost.signal)
    return await withDeadline(
      Promise.resolve(
        raw.invoke<unknown>({
          destination: BLUEZ,
          path,
          interface: target,
          member,
          ...(args === undefined ? {} : { signature: args.signature, body: [...args.body] }),
        }),
      ),
      limits(own),
    )
  }
  return {
    objects,
    raw,
    lost: lost.signal,
    call,
    set: async (path, target, name, value) => {
      await call(path, PROPERTIES, 'Set', { signature: 'ssv', body: [target, name, value] })
    },
    close,
  }
}

/** The name of a refusal of bluetoothd, 'org.bluez.Error.Failed' without its prefix; undefined for any other error. */
export function refusalName(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('dbusName' in error)) return undefined
  const { dbusName }: Pick<DBusError, 'dbusName'> = error as DBusError
  return dbusName?.replace(/^.*\.Error\./, '')
}

/** A property of one object as it is now. */
export function property(objects: ManagedObjects, path: string, target: string, name: string): unknown {
  return objects.get(path)?.[target]?.[name]
}

/** Waits until `test` gives something; it is asked now and after each change of any object. */
export async function becomes<T>(
  bus: BluezBus,
  test: () => T | undefined,
  limits: {
    readonly time: HubTime
    readonly ms: number
    readonly signals: readonly AbortSignal[]
    readonly expired: () => PreCareError
  },
): Promise<T> {
  const now = test()
  if (now !== undefined) return now
  const found = Promise.withResolvers<T>()
  const look = () => {
    const value = test()
    if (value !== undefined) found.resolve(value)
  }
  const events = ['added', 'removed', 'changed'] as const
  for (const event of events) bus.objects.on(event, look)
  try {
    return await withDeadline(found.promise, { ...limits, signals: [...limits.signals, bus.lost] })
  } finally {
    for (const event of events) bus.objects.off(event, look)
  }
}
