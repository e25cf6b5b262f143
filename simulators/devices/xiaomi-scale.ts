import { toHex } from '../encoders/byte-writer.ts'
import { encodeXiaomiComposition, encodeXiaomiWeight, type XiaomiFields } from '../encoders/vendor-advertisements.ts'
import { type BleDevice, emissions, need, type Surroundings } from './device.ts'
import { type ClockHabits, createDeviceClock, isoLocal } from './device-clock.ts'
import { createGapPeripheral } from './gap-peripheral.ts'

export interface XiaomiOptions {
  readonly id: string
  readonly address: string
  readonly addressType?: 'public' | 'random'
  readonly name?: string
  /** Two models: weight under 181D, or weight and impedance under 181B. */
  readonly model?: 'scale' | 'composition-scale'
  readonly unit?: 'kg' | 'lb' | 'jin'
  /** Everything on it is a suitcase. */
  readonly object?: boolean
  readonly clock?: ClockHabits
  readonly advertisingIntervalMs?: number
  /** How long each of its states is advertised. */
  readonly stateMs?: number
}

const STATE_MS = 2_000
const PER_KG = { kg: 1, lb: 2.20462262, jin: 2 } as const
/** Ohm, between bare feet. */
const IMPEDANCE = 503

/**
 * A Xiaomi scale: nobody connects to it. While somebody stands on it, it says a weight that moves, then one that has
 * settled, then the impedance, and after stepping off the same once more. Value weight in kg.
 */
export function createXiaomiScale(options: XiaomiOptions, around: Surroundings): BleDevice {
  const clock = createDeviceClock(around.wallNow, around.timeZone, options.clock)
  const made = emissions(around)
  const composition = options.model === 'composition-scale'
  const service = composition ? '181B' : '181D'
  const unit = options.unit ?? 'kg'
  const encode = composition ? encodeXiaomiComposition : encodeXiaomiWeight
  let said: Uint8Array | undefined
  let timer: { cancel(): void } | undefined

  const peripheral = createGapPeripheral(
    {
      name: composition ? 'MIBFS' : 'MI SCALE2',
      service,
      services: [],
      advertisement: () => ({ ...(said ? { serviceData: { [service]: said } } : {}), connectable: false }),
      onAttached: () => {
        if (said) peripheral.startAdvertising()
      },
    },
    options,
  )

  const say = ([state, ...later]: readonly XiaomiFields[]): void => {
    timer?.cancel()
    said = state && encode(state)
    if (!said) {
      peripheral.stopAdvertising()
      return
    }
    peripheral.startAdvertising()
    timer = around.time.setTimeout(() => say(later), options.stateMs ?? STATE_MS)
  }

  return {
    id: options.id,
    definition: peripheral.definition,
    emitted: made.list,
    attachTo: peripheral.attachTo,
    measure(values, act = {}) {
      const at = act.at ?? around.wallNow()
      const time = clock.stamp(at)
      const weight = need(values, 'weight', options.id) * PER_KG[unit]
      const settled: XiaomiFields = { unit, weight, time, stabilised: true, object: options.object ?? false }
      say([
        { ...settled, weight: weight / 2, stabilised: false },
        settled,
        ...(composition ? [{ ...settled, impedance: IMPEDANCE }] : []),
        { ...settled, removed: true, ...(composition ? { impedance: IMPEDANCE } : {}) },
      ])
      const hex = toHex(encode(settled))
      const deviceTime = isoLocal(time)
      return made.add({
        key: `${options.id}/${hex}`,
        device: options.id,
        kind: 'weight',
        source: service,
        hex,
        ...(deviceTime === undefined ? {} : { deviceTime }),
        values,
        at,
        delivery: 'live',
      })
    },
    changeBattery() {
      clock.lose()
    },
    close() {
      timer?.cancel()
      peripheral.close()
    },
  }
}
