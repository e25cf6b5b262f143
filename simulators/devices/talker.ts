import type { Kind } from '../../device-drivers/reading.ts'
import type { CharacteristicDefinition } from '../bluetooth/peripheral.ts'
import { toHex } from '../encoders/byte-writer.ts'
import type { CalendarTime } from '../encoders/date-time.ts'
import { createAdvertisingWindow } from './advertising-window.ts'
import { type BleDevice, emissions, type Surroundings, type Values } from './device.ts'
import { type ClockHabits, createDeviceClock, type DeviceClock, isoLocal } from './device-clock.ts'
import { standardServices } from './device-services.ts'
import { createGapPeripheral, encrypts, type PeripheralOptions } from './gap-peripheral.ts'
import { notifyInParts } from './notify-in-parts.ts'

/**
 * A device with a memory that is asked for its records in its vendor's own words: over one characteristic that is
 * written and one that notifies. What it keeps, it keeps until it is told otherwise.
 */

export interface TalkerOptions extends PeripheralOptions {
  readonly clock?: ClockHabits
  /** Records it holds; the oldest falls out. */
  readonly capacity?: number
  readonly order?: 'oldest-first' | 'newest-first' | 'shuffled'
  readonly sendsTwice?: boolean
  /** How long it advertises after a measurement. */
  readonly advertiseMs?: number
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
/** It thinks before it answers. */
const ANSWER_MS = 10
const LEAVES_AFTER_MS = 100

export function createTalker(spec: Talker, options: TalkerOptions, around: Surroundings): TalkingDevice {
  const clock = createDeviceClock(around.wallNow, around.timeZone, options.clock)
  const made = emissions(around)
  const encrypted = encrypts(options)
  let memory: TalkRecord[] = []
  let hear: ((bytes: Uint8Array) => void) | undefined
  let number = 0
  let said = 0
  let saidNow = 0
  const timers = new Set<{ cancel(): void }>()

  const after = (ms: number, then: () => void): void => {
    const timer = around.time.setTimeout(() => {
      timers.delete(timer)
      then()
    }, ms)
    timers.add(timer)
  }
  const say = (bytes: Uint8Array): void => notifyInParts(peripheral.link, spec.notify, bytes)
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
        peripheral.hangUp()
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
    leave: () => after(LEAVES_AFTER_MS, peripheral.hangUp),
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
  const peripheral = createGapPeripheral(
    {
      name: spec.model,
      service: spec.service,
      services: [{ uuid: spec.service, characteristics }, ...standardServices(options, spec.model)],
      onAttached: () => window.advertise(),
      onConnect: () => {
        saidNow = 0
        hear = spec.visit(talk)
      },
      onDisconnect: () => {
        hear = undefined
        for (const timer of timers) timer.cancel()
        timers.clear()
        after(0, window.advertise)
      },
    },
    options,
  )
  const window = createAdvertisingWindow(peripheral, around.time, options.advertiseMs, () => memory.length > 0)

  return {
    id: options.id,
    definition: peripheral.definition,
    emitted: made.list,
    get stored() {
      return memory.length
    },
    attachTo: peripheral.attachTo,
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
      window.open()
      window.advertise()
      return reading
    },
    changeBattery() {
      peripheral.forgetBond()
      clock.lose()
    },
    close() {
      for (const timer of timers) timer.cancel()
      peripheral.close()
      for (const timer of timers) timer.cancel()
    },
  }
}
