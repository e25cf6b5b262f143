import { AttError, type ServiceDefinition } from '../bluetooth/peripheral.ts'
import { byteWriter } from '../encoders/byte-writer.ts'
import { readCalendarTime } from '../encoders/date-time.ts'
import { encodeGlucose, encodeGlucoseContext, GLUCOSE_STATUS } from '../encoders/glucose.ts'
import type { Quantity } from '../encoders/numbers.ts'
import { need, type Surroundings, type Values } from './device.ts'
import { createDeviceClock, type DeviceClock, isoLocal } from './device-clock.ts'
import { timeCharacteristic } from './device-services.ts'
import { createRecordKeeper, type KeptRecord, type RecordKeeper, type RecordKeeperOptions } from './record-keeper.ts'

export interface GlucoseMeterOptions extends RecordKeeperOptions {
  readonly unit?: 'mg/dL' | 'mmol/L'
  /** Where its clock is: in the glucose service (Roche), in 0x1805, in i-SENS' own service, or nowhere. */
  readonly timeCharacteristic?: '2A08' | '2A2B' | 'isens' | 'none'
  /** Record 0 is always the newest (TaiDoc). */
  readonly countsFromNewest?: boolean
  /** Every measurement is of control solution. */
  readonly controlSolution?: boolean
  /** What the user has moved the clock by, in minutes. */
  readonly timeOffset?: number
  /** Status bits of every record. */
  readonly status?: number
  readonly firstNumber?: number
}

export interface GlucoseMeter extends RecordKeeper {
  /** As a new meter of the same kind: memory empty, numbers from the start. */
  reset(): void
}

const MG_DL_PER_MMOL_L = 18.0156
/** i-SENS puts ketone into the field for mg/dL, ten for each mmol/L, and says so in the meal. */
const PER_MMOL_L_OF_KETONE = 10
const KETONE_MEAL = 6
/** What meters can measure; beyond they show HI and LO. */
const RANGE = [0.6, 33.3] as const
const CAPILLARY = 1
const FINGER = 1
const CONTROL = 4
const CONTROL_TYPE = 10
const SET_TIME = [0xc0, 0x03, 0x01, 0x00]
const OUT_OF_RANGE = 0xff

function concentrationOf(values: Values, id: string, unit: 'mg/dL' | 'mmol/L'): Quantity {
  const { ketone } = values
  if (ketone !== undefined) return Math.round(ketone * PER_MMOL_L_OF_KETONE)
  const glucose = need(values, 'glucose', id)
  if (glucose > RANGE[1]) return 'positive-infinity'
  if (glucose < RANGE[0]) return 'negative-infinity'
  return unit === 'mmol/L' ? { value: glucose, decimals: 1 } : Math.round(glucose * MG_DL_PER_MMOL_L)
}

/** What the user sees. */
const userTime = (base: string | undefined, minutes: number): string | undefined =>
  base && new Date(Date.parse(`${base}Z`) + minutes * 60_000).toISOString().slice(0, 19)

/**
 * Glucose Service 0x1808: value glucose or ketone in mmol/L, and meal (1 before, 2 after, 3 fasting).
 * @param ownClock a vendor's service to set the clock by
 */
export function createGlucoseMeter(
  options: GlucoseMeterOptions,
  around: Surroundings,
  ownClock?: (clock: DeviceClock) => ServiceDefinition,
): GlucoseMeter {
  const clock = createDeviceClock(around.wallNow, around.timeZone, options.clock)
  const offset = options.timeOffset ?? 0
  const unit = options.unit ?? 'mg/dL'
  const clockAt = options.timeCharacteristic ?? '2A08'
  const encrypted = (options.security ?? 'none') !== 'none'
  const first = options.firstNumber ?? 1
  let next = first
  const stamps = new Map<KeptRecord, ReturnType<typeof clock.stamp>>()

  const packets = (record: KeptRecord, newer: number) => {
    const sequence = options.countsFromNewest ? newer : record.number
    const ketone = record.values['ketone'] !== undefined
    const meal = ketone ? KETONE_MEAL : record.values['meal']
    const value = concentrationOf(record.values, options.id, ketone ? 'mg/dL' : unit)
    const measurement = encodeGlucose({
      sequence,
      baseTime: stamps.get(record) ?? clock.stamp(record.at),
      ...(offset === 0 ? {} : { timeOffset: offset }),
      concentration: {
        unit: ketone ? 'mg/dL' : unit,
        value,
        type: options.controlSolution ? CONTROL_TYPE : CAPILLARY,
        location: options.controlSolution ? CONTROL : FINGER,
      },
      status:
        (options.status ?? 0) |
        (value === 'positive-infinity' ? GLUCOSE_STATUS.resultTooHigh : 0) |
        (value === 'negative-infinity' ? GLUCOSE_STATUS.resultTooLow : 0),
      contextFollows: meal !== undefined,
    })
    return [
      { characteristic: '2A18', bytes: measurement },
      ...(meal === undefined ? [] : [{ characteristic: '2A34', bytes: encodeGlucoseContext({ sequence, meal }) }]),
    ]
  }

  const usual =
    clockAt === '2A08' || clockAt === '2A2B' ? timeCharacteristic(clockAt, clock, encrypted, () => {}) : undefined
  const isens: ServiceDefinition = {
    uuid: 'FFF0',
    characteristics: [
      {
        uuid: 'FFF1',
        properties: ['write', 'notify'],
        encrypted,
        onWrite: (bytes, link) => {
          const time = readCalendarTime(bytes.subarray(SET_TIME.length))
          if (time === undefined || !SET_TIME.every((byte, i) => bytes[i] === byte)) throw new AttError(OUT_OF_RANGE)
          clock.set(time)
          around.time.setTimeout(() => link.notify('FFF1', Uint8Array.of(0x05, 0x03, 0x01)), 1)
        },
      },
    ],
  }
  const keeper = createRecordKeeper(
    {
      kind: 'glucose',
      service: '1808',
      model: 'Meter-1808',
      sources: ['2A18', '2A34'],
      others: [
        { uuid: '2A51', properties: ['read'], value: byteWriter().u16(0x03ff).bytes() },
        ...(usual && clockAt === '2A08' ? [usual] : []),
      ],
      moreServices: [
        ...(usual && clockAt === '2A2B' ? [{ uuid: '1805', characteristics: [usual] }] : []),
        ...(clockAt === 'isens' ? [isens] : []),
        ...(ownClock ? [ownClock(clock)] : []),
      ],
      packets,
    },
    options,
    around,
  )
  return {
    ...keeper,
    measure(values, act = {}) {
      const record: KeptRecord = { number: next, values, at: act.at ?? around.wallNow() }
      next += 1
      // The base time is the meter's own; the user's time is so many minutes later.
      const base = clock.stamp(record.at - offset * 60_000)
      stamps.set(record, base)
      return keeper.keep(record, userTime(isoLocal(base), offset))
    },
    reset() {
      keeper.clear()
      next = first
    },
    changeBattery() {
      keeper.forgetBond()
      clock.lose()
    },
  }
}
