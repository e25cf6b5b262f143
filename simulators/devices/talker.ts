import type { Kind } from '../../device-drivers/reading.ts'
import type {
  AttachedPeripheral,
  CharacteristicDefinition,
  PeripheralDefinition,
  PeripheralLink,
  SecurityPolicy,
} from '../bluetooth/peripheral.ts'
import { toHex } from '../encoders/byte-writer.ts'
import type { CalendarTime } from '../encoders/date-time.ts'
import { type BleDevice, emissions, type Surroundings, type Values } from './device.ts'
import { type ClockHabits, createDeviceClock, type DeviceClock, isoLocal } from './device-clock.ts'
import { batteryService, deviceInformation, type Identity } from './device-services.ts'
import { ADVERTISING_FLAGS, REMOTE_USER_TERMINATED } from './store-and-forward.ts'

/**
 * A device with a memory that is asked for its records in its vendor's own words: over one characteristic that is
 * written and one that notifies. What it keeps, it keeps until it is told otherwise.
 */

export interface TalkerOptions {
  readonly id: string
  readonly address: string
  readonly addressType?: 'public' | 'random'
  readonly name?: string
  readonly identity?: Partial<Identity>
  readonly security?: SecurityPolicy
  readonly batteryPercent?: number
  readonly clock?: ClockHabits
  /** Records it holds; the oldest falls out. */
  readonly capacity?: number
  readonly order?: 'oldest-first' | 'newest-first' | 'shuffled'
  readonly sendsTwice?: boolean
  /** How long it advertises after a measurement. */
  readonly advertiseMs?: number
  readonly advertisingIntervalMs?: number
  /** Hangs up in the middle of each visit, after so many records. */
  readonly leavesAfterRecords?: number
  /** Damages the n-th record it says after it was switched on, once. */
  readonly garblesRecord?: number
}

export interface TalkRecord {
  readonly key: string
  /** Counts up from 1 and is never used again. */
  readonly number: number
  readonly time: CalendarTime
  readonly values: Values
  readonly bytes: Uint8Array
}

/** What the device's part of one visit can do. */
export interface Talk {
  readonly clock: DeviceClock
  /** In the order in which this device offers them. */
  records(): readonly TalkRecord[]
  /** In notifications of at most 20 bytes. */
  say(bytes: Uint8Array): void
  /** The same for a record: here it damages, repeats and leaves as its habits are. */
  sayRecord(bytes: Uint8Array): void
  forget(records: readonly TalkRecord[]): void
  leave(): void
}

export interface Talker {
  readonly kind: Kind
  readonly service: string
  readonly write: string
  readonly notify: string
  readonly model: string
  /** It puts no time into its records that a hub may believe. */
  readonly withoutTime?: boolean
  /** The record as the hub keeps it. */
  encode(
    values: Values,
    record: { readonly time: CalendarTime; readonly number: number; readonly at: number },
  ): Uint8Array
  /** Called at each connection; the result hears what is written. */
  visit(talk: Talk): (bytes: Uint8Array) => void
}

export interface TalkingDevice extends BleDevice {
  readonly stored: number
}

const CAPACITY = 100
const ADVERTISE_MS = 30_000
const ADVERTISING_INTERVAL_MS = 100
/** An ATT value at the default MTU of 23 (Core, Vol 3, Part F, 3.4.7.1). */
const ONE_NOTIFICATION = 20
/** It thinks before it answers. */
const ANSWER_MS = 10
const LEAVES_AFTER_MS = 100

export function createTalker(spec: Talker, options: TalkerOptions, around: Surroundings): TalkingDevice {
  const clock = createDeviceClock(around.wallNow, around.timeZone, options.clock)
  const made = emissions(around)
  const encrypted = (options.security ?? 'none') !== 'none'
  let memory: TalkRecord[] = []
  let attached: AttachedPeripheral | undefined
  let link: PeripheralLink | undefined
  let hear: ((bytes: Uint8Array) => void) | undefined
  let number = 0
  let said = 0
  let saidNow = 0
  let advertiseUntil = 0
  const timers = new Set<{ cancel(): void }>()

  const after = (ms: number, then: () => void): void => {
    const timer = around.time.setTimeout(() => {
      timers.delete(timer)
      then()
    }, ms)
    timers.add(timer)
  }
  const advertise = (): void => {
    const left = advertiseUntil - around.time.now()
    if (!link && memory.length > 0 && left > 0) attached?.startAdvertising(left)
  }
  const say = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; at += ONE_NOTIFICATION) {
      link?.notify(spec.notify, bytes.slice(at, at + ONE_NOTIFICATION))
    }
  }
  const talk: Talk = {
    clock,
    records() {
      const all = [...memory]
      if (options.order === 'newest-first') return all.reverse()
      return options.order === 'shuffled' ? all.sort(() => around.random() - 0.5) : all
    },
    say,
    sayRecord(bytes) {
      if (saidNow === options.leavesAfterRecords) {
        link?.disconnect(REMOTE_USER_TERMINATED)
        return
      }
      saidNow += 1
      said += 1
      const sent = bytes.slice()
      if (said === options.garblesRecord) sent.set([(sent.at(-2) ?? 0) ^ 0x01], sent.length - 2)
      say(sent)
      if (options.sendsTwice) say(sent)
    },
    forget(records) {
      memory = memory.filter((kept) => !records.includes(kept))
    },
    leave: () => after(LEAVES_AFTER_MS, () => link?.disconnect(REMOTE_USER_TERMINATED)),
  }

  const characteristics: readonly CharacteristicDefinition[] = [
    {
      uuid: spec.write,
      properties: ['write', 'write-without-response'],
      encrypted,
      onWrite: (bytes) => after(ANSWER_MS, () => hear?.(bytes)),
    },
    { uuid: spec.notify, properties: ['notify'], encrypted },
  ]
  const definition: PeripheralDefinition = {
    address: options.address,
    addressType: options.addressType ?? 'public',
    ...(options.security ? { security: options.security } : {}),
    services: [
      { uuid: spec.service, characteristics },
      deviceInformation({ manufacturer: 'Simulated', model: spec.model, serial: options.id, ...options.identity }),
      batteryService(() => options.batteryPercent ?? 90),
    ],
    advertising: () => ({
      intervalMs: options.advertisingIntervalMs ?? ADVERTISING_INTERVAL_MS,
      flags: ADVERTISING_FLAGS,
      name: options.name ?? spec.model,
      nameInScanResponse: true,
      services: [spec.service],
    }),
    onConnect: (opened) => {
      link = opened
      saidNow = 0
      hear = spec.visit(talk)
    },
    onDisconnect: () => {
      link = undefined
      hear = undefined
      for (const timer of timers) timer.cancel()
      timers.clear()
      after(0, advertise)
    },
  }

  return {
    id: options.id,
    definition,
    emitted: made.list,
    get stored() {
      return memory.length
    },
    attachTo(place) {
      attached = place.attach(definition)
      advertise()
      return attached
    },
    measure(values, act = {}) {
      const at = act.at ?? around.wallNow()
      const time = clock.stamp(at)
      number += 1
      const bytes = spec.encode(values, { time, number, at })
      const hex = toHex(bytes)
      const deviceTime = spec.withoutTime ? undefined : isoLocal(time)
      const reading = made.add({
        key: `${options.id}/${hex}/${number}`,
        device: options.id,
        kind: spec.kind,
        source: spec.notify,
        hex,
        ...(deviceTime === undefined ? {} : { deviceTime }),
        values,
        at,
        delivery: 'kept',
      })
      memory.push({ key: reading.key, number, time, values, bytes })
      if (memory.length > (options.capacity ?? CAPACITY)) {
        const lost = memory.shift()
        if (lost) around.onForgotten?.(lost.key)
      }
      advertiseUntil = around.time.now() + (options.advertiseMs ?? ADVERTISE_MS)
      advertise()
      return reading
    },
    changeBattery() {
      attached?.forgetBond()
      clock.lose()
    },
    close() {
      for (const timer of timers) timer.cancel()
      link?.disconnect(REMOTE_USER_TERMINATED)
      attached?.detach()
      for (const timer of timers) timer.cancel()
      attached = undefined
    },
  }
}
