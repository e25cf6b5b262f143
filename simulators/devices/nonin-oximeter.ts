import { toHex } from '../encoders/byte-writer.ts'
import type { CalendarTime } from '../encoders/date-time.ts'
import {
  ACK,
  encodeDeviceTime,
  encodeFormat8,
  encodeFormat13,
  encodeSerialNumber,
  NAK,
  type SpotCheckRecord,
  type StreamSample,
} from '../encoders/nonin.ts'
import { encodeFormat1, encodeFormat2, encodeFormat7 } from '../encoders/nonin-stream.ts'
import { emissions, need, putOn, type SerialDevice, type Surroundings, type Values, type Worn } from './device.ts'
import { type ClockHabits, createDeviceClock, isoLocal } from './device-clock.ts'
import { createCommandReader, type NoninCommand } from './nonin-commands.ts'

/** A serial fingertip oximeter, in data format 13 (spot checks kept until acknowledged) or a stream, of which nothing is kept. */
export interface NoninOptions {
  readonly id: string
  readonly format: 1 | 2 | 7 | 8 | 13
  readonly serial?: string
  readonly capacity?: number
  readonly clock?: ClockHabits
  readonly lowBattery?: boolean
  /** False: no SmartPoint, the finger moved. */
  readonly smartPoint?: boolean
  /** False: does not set b4 when it offers a record again. By default it does, so that the record's bytes change. */
  readonly marksMemory?: boolean
  /** How long it waits for an answer before it offers the record once more. */
  readonly answerMs?: number
  readonly wornMs?: number
  readonly settlesMs?: number
}

export interface NoninOximeter extends SerialDevice {
  readonly stored: number
}

const BAUD_RATE = 9600
const CAPACITY = 50
/**
 * Longer than any hub needs to store a record: an ACK names no record, so one that comes after a second offer would
 * delete the record behind it.
 */
const ANSWER_MS = 10_000
/** Offers of one record in one visit; then it waits for the next measurement or the next opening of the port. */
const OFFERS = 3
const WORN_MS = 12_000
const SETTLES_MS = 3_000
const SAMPLE_EVERY_MS = 1_000
/** How each stream is encoded, and how many packets of it go out in a second. */
const STREAMS: Readonly<Record<number, { encode(s: StreamSample): Uint8Array; readonly perSecond: number }>> = {
  1: { encode: encodeFormat1, perSecond: 1 },
  2: { encode: encodeFormat2, perSecond: 3 },
  7: { encode: encodeFormat7, perSecond: 3 },
  8: { encode: encodeFormat8, perSecond: 1 },
}
const CENTURY = 2000

const EMPTY_FINGER: StreamSample = {
  oxygenSaturation: undefined,
  pulseRate: undefined,
  smartPoint: false,
  sensorOff: true,
}

interface Kept {
  readonly key: string
  readonly record: SpotCheckRecord
  sent: boolean
}

export function createNoninOximeter(options: NoninOptions, around: Surroundings): NoninOximeter {
  const clock = createDeviceClock(around.wallNow, around.timeZone, options.clock)
  const made = emissions(around)
  const kept: Kept[] = []
  let format: number = options.format
  let send: ((bytes: Uint8Array) => void) | undefined
  let offered: Kept | undefined
  let offers = 0
  let waiting: { cancel(): void } | undefined
  let worn: Worn | undefined
  let sampling: { cancel(): void } | undefined
  let untimed = 0

  const stopWaiting = (): void => {
    waiting?.cancel()
    waiting = undefined
  }

  /** Offers the oldest record unless one is out already; without an ACK the record stays. */
  const offer = (): void => {
    const next = kept[0]
    if (!send || !next || waiting || format !== 13) return
    if (next !== offered) {
      offered = next
      offers = 0
    }
    if (offers >= OFFERS) return
    offers += 1
    const record = options.marksMemory === false ? next.record : { ...next.record, fromMemory: next.sent }
    next.sent = true
    send(encodeFormat13(record))
    waiting = around.time.setTimeout(() => {
      waiting = undefined
      offer()
    }, options.answerMs ?? ANSWER_MS)
  }

  const sample = (): void => {
    const now = around.time.now()
    if (worn && now >= worn.until) worn = undefined
    const stream = STREAMS[format]
    if (stream) {
      const seen = worn && {
        oxygenSaturation: Math.round(need(worn.values, 'oxygenSaturation', options.id)),
        pulseRate: Math.round(need(worn.values, 'pulseRate', options.id)),
        smartPoint: options.smartPoint !== false && now >= worn.since + (options.settlesMs ?? SETTLES_MS),
        lowBattery: options.lowBattery === true,
      }
      send?.(stream.encode(seen ?? EMPTY_FINGER))
    }
    const everyMs = SAMPLE_EVERY_MS / (stream?.perSecond ?? 1)
    sampling = (send && stream) || worn ? around.time.setTimeout(sample, everyMs) : undefined
  }

  const setTime = (f: readonly number[]): Uint8Array => {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = f
    const valid = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second < 60
    if (valid) clock.set({ year: CENTURY + year, month, day, hour, minute, second })
    return Uint8Array.of(valid ? ACK : NAK)
  }

  const answer = (command: NoninCommand): Uint8Array | undefined => {
    switch (command.type) {
      case 'ack': {
        // Only the record that was offered, and only once: an ACK too many must not delete the next one.
        if (waiting && offered && kept[0] === offered) kept.shift()
        stopWaiting()
        offered = undefined
        offer()
        return undefined
      }
      case 'nak':
        stopWaiting()
        offer()
        return undefined
      case 'set-format': {
        if (command.format !== 13 && !STREAMS[command.format]) return Uint8Array.of(NAK)
        format = command.format
        sampling ??= around.time.setTimeout(sample, 0)
        return Uint8Array.of(ACK)
      }
      case 'set-time':
        return setTime(command.fields)
      case 'get-time':
        return encodeDeviceTime(clock.read())
      case 'get-serial':
        return encodeSerialNumber(options.serial ?? '501493200')
      case 'refused':
        return Uint8Array.of(NAK)
    }
  }

  const spotCheck = (values: Values, time: CalendarTime): SpotCheckRecord => ({
    time,
    oxygenSaturation: Math.round(need(values, 'oxygenSaturation', options.id)),
    pulseRate: Math.round(need(values, 'pulseRate', options.id)),
    smartPoint: options.smartPoint !== false,
    fromMemory: false,
    lowBattery: options.lowBattery === true,
  })

  return {
    id: options.id,
    baudRate: BAUD_RATE,
    emitted: made.list,
    get stored() {
      return kept.length
    },
    connect(opened) {
      const read = createCommandReader()
      send = opened
      offered = undefined
      stopWaiting()
      offer()
      sampling ??= around.time.setTimeout(sample, 0)
      return {
        receive(bytes) {
          if (send !== opened) return
          for (const command of read(bytes)) {
            const reply = answer(command)
            if (reply) opened(reply)
            if (command.type === 'set-format') offer()
          }
        },
        close() {
          if (send !== opened) return
          send = undefined
          stopWaiting()
        },
      }
    },
    measure(values, act = {}) {
      const at = act.at ?? around.wallNow()
      const base = { device: options.id, kind: 'oxygen-saturation' as const, values, at }
      const stream = STREAMS[options.format]
      if (stream) {
        worn = putOn(worn, values, around.time.now(), options.wornMs ?? WORN_MS)
        sampling ??= around.time.setTimeout(sample, 0)
        const stable = { ...spotCheck(values, clock.read()), smartPoint: options.smartPoint !== false }
        const hex = toHex(stream.encode(stable))
        return made.add({
          ...base,
          key: `${options.id}/${hex}/${++untimed}`,
          source: `nonin-df${options.format}`,
          hex,
          delivery: 'live',
        })
      }
      const time = clock.stamp(at)
      const record = spotCheck(values, time)
      const hex = toHex(encodeFormat13(record))
      const deviceTime = isoLocal(time)
      const reading = made.add({
        ...base,
        key: deviceTime === undefined ? `${options.id}/${hex}/${++untimed}` : `${options.id}/${hex}`,
        source: 'nonin-df13',
        hex,
        ...(deviceTime === undefined ? {} : { deviceTime }),
        delivery: 'kept',
      })
      kept.push({ key: reading.key, record, sent: false })
      if (kept.length > (options.capacity ?? CAPACITY)) {
        const forgotten = kept.shift()
        if (forgotten) around.onForgotten?.(forgotten.key)
      }
      if (!waiting) {
        offered = undefined
        offer()
      }
      return reading
    },
    changeBattery() {
      clock.lose()
    },
    close() {
      stopWaiting()
      sampling?.cancel()
      send = worn = undefined
    },
  }
}
