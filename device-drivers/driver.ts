import type { Kind, Site, Status, Value } from './reading.ts'

/**
 * The driver contract. A driver is data and four small functions: `match` recognises the device, `session` talks to
 * it and yields what it hears, `decode` turns bytes into measurements (pure), `commit` tells the device "received" and
 * is called only when the record is safe on disk. Drivers import no noble, serialport, MQTT, clock or logger.
 */

/** Bytes as received. `source` is the characteristic ('2A35') or the protocol ('nonin-df13') that says how to read them. */
export interface Packet {
  readonly source: string
  readonly bytes: Uint8Array
}

/**
 * One record of a device: the first packet is the record itself (it is hashed into the reading's id), the rest is what
 * is needed to read it (a glucose context, a 20601 configuration, a unit).
 */
export type RawRecord = readonly [Packet, ...Packet[]]

/** A field of a packet under its name in the specification, for the `decode` command and for tests. */
export interface Field {
  readonly name: string
  readonly offset: number
  readonly length: number
  /** null: a special value; the reason is in `note`. */
  readonly value: number | string | boolean | null
  readonly unit?: string
  /** Of the device: 48.0 has one. */
  readonly decimals?: number
  readonly note?: string
}

/** What one packet says in the project's terms. Times are local without zone; nothing here knows the hub's clock. */
export interface Measurement {
  readonly kind: Kind
  readonly values: Readonly<Record<string, Value>>
  readonly status: readonly Status[]
  /** 'YYYY-MM-DDTHH:mm:ss', the device's own uncorrected time; absent when it sent none or an unset one (year 0). */
  readonly deviceTime?: string
  /** The device says that its clock was never set, or has a fault. */
  readonly clockUnset?: boolean
  readonly slot?: number
  readonly sequence?: number
  /** Where on the body, when the device says it. */
  readonly site?: Site
}

export interface Decoded {
  readonly measurements: readonly Measurement[]
  readonly fields: readonly Field[]
  /** Bytes beyond the last known field: accepted and counted. */
  readonly surplusBytes?: number
}

/** Local wall time on the hub, for setting a device's clock. */
export interface LocalDateTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** 1 = Monday ... 7 = Sunday. */
  readonly weekday: number
  /** By how much it is ahead of UTC, for the few clocks that keep both. */
  readonly utcOffsetMinutes?: number
}

/** What a session yields. The gateway stores a record before it asks for the next event. */
export type SessionEvent =
  | {
      readonly type: 'record'
      readonly record: RawRecord
      /** Out of a stream of which the device keeps nothing and is told nothing: it may share a commit with the next. */
      readonly live?: true
      readonly remember?: Readonly<Record<string, number | string>>
    }
  /** For the next visits, where no record says it: a user slot that was registered, a counter up to which all is here. */
  | { readonly type: 'remember'; readonly remember: Readonly<Record<string, number | string>> }
  /** The device's own clock as read just now: the hub takes its own time at this moment. */
  | { readonly type: 'clock'; readonly deviceNow: string }
  /** The hub's time was written to the device: later records of this visit carry it. */
  | { readonly type: 'clock-set' }
  | {
      readonly type: 'identity'
      readonly serial?: string
      readonly model?: string
      readonly firmware?: string
      readonly manufacturer?: string
    }
  | { readonly type: 'battery'; readonly percent: number }
  /** Bytes that could not be framed; counted and kept, and the session goes on. */
  | { readonly type: 'rejected'; readonly packet: Packet; readonly reason: string }

/** What the hub lends a session. */
export interface Visit {
  /** Hub's local wall time, or undefined while the hub itself does not know it (then no device clock is set). */
  localTime(): LocalDateTime | undefined
  /** What earlier sessions with this device asked to remember (last sequence number, user consent). */
  readonly memory: Readonly<Record<string, number | string>>
  /** Options of this device from the configuration (passkey, user index, baud rate). */
  readonly options: Readonly<Record<string, number | string | boolean>>
  /** What the device advertised when this visit was decided on. */
  readonly advertisement?: Advertisement
}

// --- Bluetooth -------------------------------------------------------------------------------------------------

/** One advertisement as heard; UUIDs short ('1810') or 32 hex digits, upper case, without hyphens. */
export interface Advertisement {
  /** 'aa:bb:cc:dd:ee:ff', lower case. */
  readonly address: string
  readonly addressType: 'public' | 'random'
  readonly name?: string
  readonly services: readonly string[]
  /** Company id little-endian first, as on air. */
  readonly manufacturerData?: Uint8Array
  readonly serviceData: Readonly<Record<string, Uint8Array>>
  readonly connectable: boolean
  readonly rssi: number
}

/** A connected GATT client. Every call has a deadline of the transport's and rejects with a PreCareError. */
export interface GattLink {
  has(service: string, characteristic: string): boolean
  read(service: string, characteristic: string): Promise<Uint8Array>
  write(service: string, characteristic: string, bytes: Uint8Array, mode?: 'request' | 'command'): Promise<void>
  /**
   * Enables notification or indication and resolves when the device has accepted it. The iterable yields values in
   * order; it ends when the link closes or after `idleMs` without a value (default: the transport's).
   * An indication is confirmed to the device only when the consumer asks for the next value, that is when the record
   * made of this one is on disk: a cuff that forgets what was confirmed has not lost it if the hub dies in between.
   * (Over BlueZ the daemon confirms before the hub hears of it: such a cuff belongs on noble.)
   */
  subscribe(
    service: string,
    characteristic: string,
    options?: { readonly idleMs?: number },
  ): Promise<AsyncIterable<Uint8Array>>
}

// --- Serial ----------------------------------------------------------------------------------------------------

export interface SerialSettings {
  readonly baudRate: number
  readonly dataBits?: 7 | 8
  readonly parity?: 'none' | 'even' | 'odd'
  readonly stopBits?: 1 | 2
}

/** An open port, as a stream of chunks: framing is the driver's. */
export interface SerialLink {
  write(bytes: Uint8Array): Promise<void>
  /** Chunks as they arrive; ends when the port closes or after `idleMs` without a byte. May be called again after it ended. */
  chunks(options?: { readonly idleMs?: number }): AsyncIterable<Uint8Array>
}

/** A port as the operating system lists it. */
export interface SerialPortInfo {
  readonly path: string
  readonly vendorId?: string
  readonly productId?: string
  readonly serialNumber?: string
}

// --- The driver ------------------------------------------------------------------------------------------------

/** What every driver must declare; checked for the whole registry by one contract test and printed in the device table. */
export interface Declaration {
  /** 'blood-pressure-service', 'nonin-onyx': lower case, hyphens. */
  readonly id: string
  readonly title: string
  readonly vendor: string
  readonly models: readonly string[]
  readonly kinds: readonly Kind[]
  /** Where the unit comes from: a flag in the packet, fixed, or read from the device. */
  readonly unitRule: 'flag' | 'fixed' | 'read-from-device' | 'none'
  /** What the device says about time. */
  readonly timeRule: 'device-time' | 'device-time-optional' | 'no-device-time' | 'base-time-and-offset'
  /** How missing and out-of-range values look on the wire. */
  readonly specialValues: string
  readonly userSlots: 'none' | 'optional' | 'required'
  readonly storedRecords: 'none' | 'sent-once' | 'resent-until-deleted' | 'record-access'
  /** What `commit` does, or why there is none. */
  readonly commit: string
  readonly bonding: 'none' | 'optional' | 'required'
  readonly setsClock: boolean
  readonly evidence: 'captured from a device' | 'specification only'
  /** Document and clause, or repository the layout was read from. */
  readonly sources: readonly string[]
  readonly quirks?: readonly string[]
}

interface Decoder {
  readonly about: Declaration
  /** Pure; throws PreCareError only. */
  decode(record: RawRecord): Decoded
}

export interface BleDriver extends Decoder {
  readonly transport: 'ble'
  match(seen: Advertisement): boolean
  /** False: by its advertisement the device has nothing that is not yet here. Absent: it is visited when it is heard. */
  due?(seen: Advertisement, memory: Visit['memory']): boolean
  session(link: GattLink, visit: Visit): AsyncIterable<SessionEvent>
  /** Tells the device "received"; called only when the record is safe on disk. */
  commit?(link: GattLink, record: RawRecord): Promise<void>
}

/** A device that speaks only in advertisements: no connection is made. */
export interface BroadcastDriver extends Decoder {
  readonly transport: 'broadcast'
  match(seen: Advertisement): boolean
  /** The record in this advertisement, or undefined when it carries no finished measurement. */
  record(seen: Advertisement): RawRecord | undefined
}

export interface SerialDriver extends Decoder {
  readonly transport: 'serial'
  readonly settings: SerialSettings
  /** True when the port's USB identity names this device for certain; most serial devices are configured by path. */
  match(port: SerialPortInfo): boolean
  session(link: SerialLink, visit: Visit): AsyncIterable<SessionEvent>
  commit?(link: SerialLink, record: RawRecord): Promise<void>
}

export type Driver = BleDriver | BroadcastDriver | SerialDriver
