import { byteWriter } from '../encoders/byte-writer.ts'
import { encodeSpotCheck, MEASUREMENT_STATUS } from '../encoders/pulse-oximeter.ts'
import { need, type Surroundings } from './device.ts'
import { createDeviceClock, isoLocal } from './device-clock.ts'
import { timeCharacteristic } from './device-services.ts'
import { createRecordKeeper, type KeptRecord, type RecordKeeper, type RecordKeeperOptions } from './record-keeper.ts'

/** Measurement status, device status, storage and time stamp supported (2A60). */
const FEATURES = 0b1111

/** Pulse Oximeter Service 0x1822 with a memory that is asked for: values oxygenSaturation (%) and pulseRate. */
export function createStoringOximeter(options: RecordKeeperOptions, around: Surroundings): RecordKeeper {
  const clock = createDeviceClock(around.wallNow, around.timeZone, options.clock)
  const encrypted = (options.security ?? 'none') !== 'none'
  const bytesOf = new Map<KeptRecord, Uint8Array>()
  let next = 1
  const keeper = createRecordKeeper(
    {
      kind: 'oxygen-saturation',
      service: '1822',
      model: 'Oximeter-1822',
      sources: ['2A5E'],
      indicates: true,
      others: [
        { uuid: '2A60', properties: ['read'], value: byteWriter().u16(FEATURES).bytes() },
        timeCharacteristic('2A08', clock, encrypted, () => undefined),
      ],
      packets: (record) => [{ characteristic: '2A5E', bytes: bytesOf.get(record) ?? new Uint8Array() }],
    },
    options,
    around,
  )
  return {
    ...keeper,
    measure(values, act = {}) {
      const record = { number: next, values, at: act.at ?? around.wallNow() }
      next += 1
      const time = clock.stamp(record.at)
      const bytes = encodeSpotCheck({
        oxygenSaturation: Math.round(need(values, 'oxygenSaturation', options.id)),
        pulseRate: Math.round(need(values, 'pulseRate', options.id)),
        time,
        measurementStatus: MEASUREMENT_STATUS.fullyQualified | MEASUREMENT_STATUS.fromStorage,
        clockNotSet: clock.state !== 'set',
      })
      bytesOf.set(record, bytes)
      return keeper.keep(record, isoLocal(time))
    },
    changeBattery() {
      keeper.forgetBond()
      clock.lose()
    },
  }
}
