import { byteWriter } from '../encoders/byte-writer.ts'
import { encodeCgm, encodeCgmFeature, encodeSessionStart } from '../encoders/cgm.ts'
import { need, type Surroundings } from './device.ts'
import { createDeviceClock, isoLocal } from './device-clock.ts'
import { createRecordKeeper, type KeptRecord, type RecordKeeper, type RecordKeeperOptions } from './record-keeper.ts'

export interface GlucoseSensorOptions extends RecordKeeperOptions {
  /** Records carry an E2E-CRC. */
  readonly crc?: boolean
  /** Damages a bit of every n-th record it hands out. */
  readonly damagesEvery?: number
  /** The session began so many minutes before the sensor was made. */
  readonly startedMinutesAgo?: number
}

export interface GlucoseSensor extends RecordKeeper {
  /** A new sensor: its minutes count from now. */
  startSession(): void
}

const MG_DL_PER_MMOL_L = 18.0156
const MINUTE_MS = 60_000
/** E2E-CRC, trend and quality. */
const FEATURES = (1 << 12) | (1 << 15) | (1 << 16)
const INTERSTITIAL_FLUID = 9
const SUBCUTANEOUS = 5
/** Central European winter time in quarters of an hour. */
const ZONE = 4

/** Continuous Glucose Monitoring Service 0x181F: value glucose in mmol/L, sensorQuality in percent. */
export function createGlucoseSensor(options: GlucoseSensorOptions, around: Surroundings): GlucoseSensor {
  const clock = createDeviceClock(around.wallNow, around.timeZone, options.clock)
  const crc = options.crc ?? true
  let startedAt = around.wallNow() - (options.startedMinutesAgo ?? 0) * MINUTE_MS
  let start = clock.stamp(startedAt)
  let handedOut = 0

  const packets = ({ number, values }: KeptRecord) => {
    const quality = values['sensorQuality']
    const bytes = encodeCgm(
      {
        glucose: Math.round(need(values, 'glucose', options.id) * MG_DL_PER_MMOL_L),
        timeOffset: number,
        ...(quality === undefined ? {} : { quality }),
      },
      { crc },
    )
    return [{ characteristic: '2AA7', bytes }]
  }
  const damaged = (served: ReturnType<typeof packets>): ReturnType<typeof packets> => {
    handedOut += 1
    if (options.damagesEvery === undefined || handedOut % options.damagesEvery !== 0) return served
    return served.map(({ characteristic, bytes }) => ({ characteristic, bytes: bytes.with(2, (bytes[2] ?? 0) ^ 1) }))
  }
  const keeper = createRecordKeeper(
    {
      kind: 'glucose-continuous',
      service: '181F',
      model: 'Sensor-181F',
      sources: ['2AA7'],
      others: [
        {
          uuid: '2AA8',
          properties: ['read'],
          value: encodeCgmFeature(crc ? FEATURES : FEATURES & ~(1 << 12), INTERSTITIAL_FLUID, SUBCUTANEOUS),
        },
        {
          uuid: '2AAA',
          properties: ['read', 'write'],
          value: () => encodeSessionStart(start, ZONE, 0, { crc }),
        },
        { uuid: '2AAB', properties: ['read'], value: byteWriter().u16(336).bytes() },
      ],
      packets: (record) => damaged(packets(record)),
    },
    options,
    around,
  )
  return {
    ...keeper,
    measure(values, act = {}) {
      const at = act.at ?? around.wallNow()
      const number = Math.max(0, Math.floor((at - startedAt) / MINUTE_MS))
      const time = isoLocal(start)
      const began = time === undefined ? undefined : Date.parse(`${time}Z`)
      const deviceTime =
        began === undefined ? undefined : new Date(began + number * MINUTE_MS).toISOString().slice(0, 19)
      return keeper.keep({ number, values, at }, deviceTime)
    },
    startSession() {
      keeper.clear()
      startedAt = around.wallNow()
      start = clock.stamp(startedAt)
    },
    changeBattery() {
      keeper.forgetBond()
      clock.lose()
    },
  }
}
