import { encodeAndesFit } from '../encoders/andesfit.ts'
import {
  encodeBeurerRecord,
  encodeContecBlow,
  encodeContecCount,
  encodeContecCurve,
  sumIsRight,
  withSum,
} from '../encoders/contec-ff12.ts'
import {
  ANSWER,
  encodeOneTouch,
  encodeOneTouchResult,
  oneTouchSeconds,
  readOneTouchRequest,
} from '../encoders/one-touch.ts'
import { need, type Surroundings } from './device.ts'
import { createTalker, type Talk, type TalkerOptions, type TalkingDevice, type TalkRecord } from './talker.ts'

/** Devices with a memory and their vendor's own protocol. */

const BATCH = 10

/** Beurer PO60: ten records at a time; forgets when it is told that all came. */
export function createBeurerOximeter(options: TalkerOptions, around: Surroundings): TalkingDevice {
  const encode = (record: Pick<TalkRecord, 'values' | 'time'>, position: number): Uint8Array =>
    encodeBeurerRecord({
      position,
      end: record.time,
      oxygenSaturation: Math.round(need(record.values, 'oxygenSaturation', options.id)),
      pulseRate: Math.round(need(record.values, 'pulseRate', options.id)),
    })
  return createTalker(
    {
      kind: 'oxygen-saturation',
      service: 'FF12',
      write: 'FF01',
      notify: 'FF02',
      model: 'PO60',
      encode: (values, { time }) => encode({ values, time }, 0),
      visit: (talk) => {
        const all = talk.records()
        let next = 0
        return (bytes) => {
          if (bytes[0] !== 0x99 || !sumIsRight(bytes)) return
          if (bytes[1] === 0x7f) {
            talk.forget(all.slice(0, next))
            talk.leave()
            return
          }
          const batch = all.slice(next, next + BATCH)
          next += batch.length
          for (const [position, record] of batch.entries()) talk.sayRecord(encode(record, position))
        }
      },
    },
    options,
    around,
  )
}

export interface ContecSpirometerOptions extends TalkerOptions {
  /** Points of a curve; some seconds at a hundred a second. */
  readonly curvePoints?: number
}

const FILLING = (header: number, length: number): Uint8Array =>
  withSum([header, ...new Array<number>(length - 2).fill(0)])

/** Contec SP80B: greets in four steps, tells how many blows it has, then each with its curve. */
export function createContecSpirometer(options: ContecSpirometerOptions, around: Surroundings): TalkingDevice {
  const encode = ({ values, time }: Pick<TalkRecord, 'values' | 'time'>, number: number): Uint8Array =>
    encodeContecBlow({
      number,
      time,
      fev1: need(values, 'fev1', options.id),
      fvc: need(values, 'fvc', options.id),
      fev6: values['fev6'] ?? 0,
      peakFlow: need(values, 'peakFlow', options.id) / 60,
    })
  return createTalker(
    {
      kind: 'spirometry',
      service: 'FF12',
      write: 'FF01',
      notify: 'FF02',
      model: 'SP80B01',
      encode: (values, { time }) => encode({ values, time }, 0),
      visit: (talk) => {
        const all = talk.records()
        let at = -1
        const read = (what: number): void => {
          if (what === 0x7f) talk.forget(all)
          if (what >= 0x7e) {
            talk.say(Uint8Array.of(0xe1, what))
            talk.leave()
            return
          }
          at = what === 0 ? 0 : at + 1
          const record = all[at]
          if (record) talk.sayRecord(encode(record, at + 1))
        }
        return (bytes) => {
          if (!sumIsRight(bytes)) return
          const [command = 0, what = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = bytes
          if (command === 0x80) talk.say(FILLING(0xf0, 2))
          if (command === 0x83) {
            talk.clock.set({ year: 2000 + what, month, day, hour, minute, second })
            talk.say(FILLING(0xf3, 3))
          }
          if (command === 0x82) talk.say(FILLING(0xf2, 8))
          if (command === 0x94) talk.say(FILLING(0xe4, 23))
          if (command === 0x90) talk.say(encodeContecCount(all.length))
          if (command === 0x91) read(what)
          if (command === 0x92) talk.say(encodeContecCurve(at + 1, options.curvePoints ?? 60))
        }
      },
    },
    options,
    around,
  )
}

/** Two blows fit into one notification. */
const BLOWS_AT_ONCE = 2

export interface AndesFitOptions extends TalkerOptions {
  /** Notifies on FF0A and is written on FF0B. */
  readonly swapped?: boolean
  /** Says "not ready" so many times first: somebody still blows. */
  readonly notReadyTimes?: number
}

/** AndesFit: is asked until a result is ready, hands over its two oldest blows, and forgets them when told to. */
export function createAndesFit(options: AndesFitOptions, around: Surroundings): TalkingDevice {
  const [write, notify] = options.swapped ? ['FF0B', 'FF0A'] : ['FF0A', 'FF0B']
  return createTalker(
    {
      kind: 'spirometry',
      service: 'FFF0',
      write,
      notify,
      model: 'BLE-MSA',
      withoutTime: true,
      encode: (values, { at }) =>
        encodeAndesFit([
          {
            stamp: Math.floor(at / 1000),
            fev1: need(values, 'fev1', options.id),
            peakFlow: need(values, 'peakFlow', options.id),
          },
        ]),
      visit: (talk) => {
        const blows = talk.records().slice(0, BLOWS_AT_ONCE)
        let asked = 0
        return ([first, operation]) => {
          if (first !== 0x55) return
          if (operation === 0x06) talk.say(Uint8Array.of(0xaa, 6, asked++ < (options.notReadyTimes ?? 0) ? 1 : 0, 0))
          if (operation === 0x01) talk.say(Uint8Array.of(0xaa, 1, 0, blows.length))
          if (operation === 0x02) {
            talk.sayRecord(Uint8Array.of(0xdd, ...blows.flatMap((blow) => [...blow.bytes.subarray(1)])))
          }
          if (operation === 0x03) {
            talk.forget(blows)
            talk.say(Uint8Array.of(0xaa, 3, 0))
            talk.leave()
          }
        }
      },
    },
    options,
    around,
  )
}

export interface OneTouchOptions extends TalkerOptions {
  /** Answers "not allowed" to everything. */
  readonly unpaired?: boolean
  /** Every record is one of control solution. */
  readonly controlSolution?: boolean
}

const MG_DL_PER_MMOL_L = 18.0156

/** What the meter answers; goes on to the next question only when its last answer was acknowledged. */
function answerOneTouch(payload: Uint8Array, talk: Talk, options: OneTouchOptions): void {
  const [operation, low = 0, high = 0] = payload
  const all = talk.records()
  const newest = Math.max(0, ...all.map(({ number }) => number))
  const u32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)
  const say = (...body: readonly number[]): void => talk.say(encodeOneTouch(body, ANSWER))
  if (options.unpaired) say(0x07)
  else if (operation === 0x20) say(0x06, ...u32(oneTouchSeconds(talk.clock.read())))
  else if (operation === 0x27) say(0x06, ...u32(all.length).slice(0, 2))
  else if (operation === 0x0a) say(0x06, ...u32(newest))
  else if (operation === 0xb3) {
    const record = all.find(({ number }) => number === low + 256 * high)
    if (record) talk.sayRecord(record.bytes)
    else say(0x09)
  } else say(0x08)
}

/** OneTouch Verio Flex: glucose in mmol/L, kept in mg/dL. */
export function createOneTouch(options: OneTouchOptions, around: Surroundings): TalkingDevice {
  return createTalker(
    {
      kind: 'glucose',
      service: 'AF9DF7A1E59511E396B40002A5D5C51B',
      write: 'AF9DF7A2E59511E396B40002A5D5C51B',
      notify: 'AF9DF7A3E59511E396B40002A5D5C51B',
      model: 'OneTouch Flex',
      encode: (values, { time }) =>
        encodeOneTouchResult({
          time,
          glucose: Math.round(need(values, 'glucose', options.id) * MG_DL_PER_MMOL_L),
          ...(options.controlSolution === undefined ? {} : { controlSolution: options.controlSolution }),
        }),
      visit: (talk) => {
        let unacknowledged = false
        return (bytes) => {
          if (bytes.length === 1) {
            if (bytes[0] === 0x81) unacknowledged = false
            return
          }
          const payload = readOneTouchRequest(bytes)
          if (payload === undefined || unacknowledged) return
          talk.say(Uint8Array.of(0x81))
          unacknowledged = true
          answerOneTouch(payload, talk, options)
        }
      },
    },
    options,
    around,
  )
}
