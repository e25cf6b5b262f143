import { messageOf } from '../../device-drivers/errors.ts'
import type { Kind } from '../../device-drivers/reading.ts'
import type {
  AdvertisingDefinition,
  CharacteristicDefinition,
  PeripheralLink,
  ServiceDefinition,
} from '../bluetooth/peripheral.ts'
import { toHex } from '../encoders/byte-writer.ts'
import type { CalendarTime } from '../encoders/date-time.ts'
import { type AdvertiseMs, createAdvertisingWindow } from './advertising-window.ts'
import { type BleDevice, emissions, type Surroundings, type Values } from './device.ts'
import { type ClockHabits, createDeviceClock, type DeviceClock, isoLocal } from './device-clock.ts'
import { BATTERY_PERCENT, standardServices, timeCharacteristic } from './device-services.ts'
import { createGapPeripheral, encrypts, type PeripheralOptions, REMOTE_USER_TERMINATED } from './gap-peripheral.ts'
import { createRecordMemory, type MemoryHabits } from './record-memory.ts'

/**
 * A device that measures alone, keeps its records, advertises for a while and hands them over by indications, one by
 * one, each awaiting its confirmation (Core, Vol 3, Part F, 3.3.2): cuffs, scales, thermometers, spot-check oximeters.
 */

interface VisitHabits {
  readonly advertiseMs?: AdvertiseMs
  /** Silence between a visit and the next advertisement of a device that always advertises. */
  readonly restMs?: number
  /** Hands out nothing before its clock was written in this visit (A&D), and leaves. */
  readonly wantsTimeFirst?: boolean
  /** Where its clock is reached; 'none': nowhere. */
  readonly timeCharacteristic?: '2A08' | '2A2B' | 'none'
  /** Puts no time stamp into its records. */
  readonly withoutTime?: boolean
  /** It hangs up so long after the last record (0x13); 'never': the hub must. */
  readonly leavesAfterMs?: number | 'never'
  /** Hangs up in the middle of every visit, after so many records. */
  readonly leavesAfterRecords?: number
  readonly sendsTwice?: boolean
  /** Cuts so many bytes off the end of every record it sends. */
  readonly cutsBytes?: number
}

export interface StoreAndForwardOptions extends PeripheralOptions, MemoryHabits, VisitHabits {
  readonly clock?: ClockHabits
}

/** What a vendor adds to a kind of device. */
export interface VendorTraits {
  /** Services of its own. @param offerAgain makes every record it ever had unsent once more */
  readonly moreServices?: (offerAgain: () => void) => readonly ServiceDefinition[]
  /** What its advertisement says besides. */
  readonly advertisement?: () => Partial<AdvertisingDefinition>
  /** How its clock differs from a characteristic that is read and written. */
  readonly clockCharacteristic?: (usual: CharacteristicDefinition, clock: DeviceClock) => CharacteristicDefinition
}

/** What tells one kind of such a device from another. */
export interface RecordService extends VendorTraits {
  readonly kind: Kind
  readonly service: string
  readonly characteristic: string
  /** Beside the measurement: features, type, intermediate values. */
  readonly others?: readonly CharacteristicDefinition[]
  readonly model: string
  encode(
    values: Values,
    record: {
      readonly time: CalendarTime | undefined
      readonly slot: number | undefined
      readonly clockNotSet: boolean
    },
  ): Uint8Array
  /** Before the first record of a visit. */
  readonly beforeRecords?: (link: PeripheralLink) => void
  /** What belongs to a record and goes in a packet after it. @param first as `encode` returned it */
  readonly secondPacket?: (first: Uint8Array) => Uint8Array | undefined
  /** False: nothing is handed out on this link, and the device leaves. */
  readonly handsOutTo?: (link: PeripheralLink) => boolean
}

export interface StoreAndForwardDevice extends BleDevice {
  readonly stored: number
  readonly batteryPercent: number
  /** Why visits ended early, newest last; at most {@link INTERRUPTIONS_KEPT}. */
  readonly interruptions: readonly string[]
}

const REST_MS = 3_000
const LEAVES_AFTER_MS = 300
const INTERRUPTIONS_KEPT = 100
/** Records that a device still has after it sent them, for those who ask for all of them. */
const ALL_KEPT = 90

export function createStoreAndForward(
  spec: RecordService,
  options: StoreAndForwardOptions,
  around: Surroundings,
): StoreAndForwardDevice {
  const clock = createDeviceClock(around.wallNow, around.timeZone, options.clock)
  const memory = createRecordMemory(options, around.random, around.onForgotten)
  const made = emissions(around)
  const encrypted = encrypts(options)
  const interruptions: string[] = []
  let listening = false
  let sending = false
  let timeWritten = false
  let timer: { cancel(): void } | undefined
  let had = new Set<string>()
  let untimed = 0
  const all: Parameters<typeof memory.add>[0][] = []

  const after = (ms: number, then: () => void): void => {
    timer?.cancel()
    timer = around.time.setTimeout(then, ms)
  }

  const leave = (): void => {
    if (peripheral.link && options.leavesAfterMs !== 'never') {
      after(options.leavesAfterMs ?? LEAVES_AFTER_MS, peripheral.hangUp)
    }
  }

  /** Resolves when this visit has nothing more; rejects when the link is gone before a confirmation. */
  const sendAll = async (to: PeripheralLink): Promise<void> => {
    spec.beforeRecords?.(to)
    for (let record = memory.next(had); record && peripheral.link === to && listening; record = memory.next(had)) {
      const bytes = record.bytes.subarray(0, record.bytes.length - (options.cutsBytes ?? 0))
      const second = spec.secondPacket?.(record.bytes)
      for (let i = options.sendsTwice ? 2 : 1; i > 0; i--) {
        await to.indicate(spec.characteristic, bytes)
        if (second) await to.indicate(spec.characteristic, second)
      }
      had.add(record.key)
      memory.confirmed(record.key)
      if (had.size === options.leavesAfterRecords) {
        to.disconnect(REMOTE_USER_TERMINATED)
        return
      }
    }
    leave()
  }

  const send = (): void => {
    const to = peripheral.link
    if (!to || !listening || sending) return
    const refused = spec.handsOutTo !== undefined && !spec.handsOutTo(to)
    if (refused || (options.wantsTimeFirst && !timeWritten)) {
      leave()
      return
    }
    sending = true
    timer?.cancel()
    sendAll(to)
      .catch((error: unknown) => {
        // Not confirmed: the record stays unsent and goes out at the next visit.
        interruptions.push(messageOf(error))
        if (interruptions.length > INTERRUPTIONS_KEPT) interruptions.shift()
      })
      .finally(() => {
        if (peripheral.link === to || !peripheral.link) sending = false
      })
  }

  const clockAt = options.timeCharacteristic ?? '2A08'
  const timeAt = (uuid: '2A08' | '2A2B'): CharacteristicDefinition => {
    const usual = timeCharacteristic(uuid, clock, encrypted, () => {
      timeWritten = true
    })
    return spec.clockCharacteristic?.(usual, clock) ?? usual
  }
  const times = clockAt === 'none' ? [] : [timeAt(clockAt)]
  const offerAgain = (): void => {
    had = new Set()
    for (const record of all) memory.add(record)
  }
  const services: readonly ServiceDefinition[] = [
    {
      uuid: spec.service,
      characteristics: [
        {
          uuid: spec.characteristic,
          properties: ['indicate'],
          encrypted,
          onSubscribe: (_, mode) => {
            listening = mode !== 'none'
            send()
          },
        },
        ...(spec.others ?? []),
        ...(clockAt === '2A08' ? times : []),
      ],
    },
    ...(clockAt === '2A2B' ? [{ uuid: '1805', characteristics: times }] : []),
    ...standardServices(options, spec.model),
    ...(spec.moreServices?.(offerAgain) ?? []),
  ]
  const peripheral = createGapPeripheral(
    {
      name: spec.model,
      service: spec.service,
      services,
      ...(spec.advertisement ? { advertisement: spec.advertisement } : {}),
      onAttached: () => window.advertise(),
      onConnect: () => {
        timeWritten = listening = sending = false
        had = new Set()
        timer?.cancel()
      },
      onDisconnect: () => {
        listening = sending = false
        after(options.advertiseMs === 'always' ? (options.restMs ?? REST_MS) : 0, window.advertise)
      },
    },
    options,
  )
  const window = createAdvertisingWindow(peripheral, around.time, options.advertiseMs, () => memory.unsent)

  return {
    id: options.id,
    definition: peripheral.definition,
    emitted: made.list,
    interruptions,
    batteryPercent: options.batteryPercent ?? BATTERY_PERCENT,
    get stored() {
      return memory.size
    },
    attachTo: peripheral.attachTo,
    measure(values, act = {}) {
      const at = act.at ?? around.wallNow()
      const time = options.withoutTime ? undefined : clock.stamp(at)
      const bytes = spec.encode(values, { time, slot: act.slot, clockNotSet: clock.state !== 'set' })
      const hex = toHex(bytes)
      const deviceTime = time && isoLocal(time)
      const reading = made.add({
        // Records without a time can be equal byte for byte, and are two all the same.
        key: deviceTime === undefined ? `${options.id}/${hex}/${++untimed}` : `${options.id}/${hex}`,
        device: options.id,
        kind: spec.kind,
        source: spec.characteristic,
        hex,
        ...(deviceTime === undefined ? {} : { deviceTime }),
        ...(act.slot === undefined ? {} : { slot: act.slot }),
        values,
        at,
        delivery: options.keepsSent ? 'kept' : 'sent-once',
      })
      memory.add({ key: reading.key, bytes })
      all.push({ key: reading.key, bytes })
      if (all.length > ALL_KEPT) all.shift()
      window.open()
      if (peripheral.link) send()
      else window.advertise()
      return reading
    },
    changeBattery() {
      peripheral.forgetBond()
      clock.lose()
    },
    close() {
      timer?.cancel()
      peripheral.close()
      timer?.cancel()
    },
  }
}
