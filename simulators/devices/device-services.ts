import {
  AttError,
  type CharacteristicDefinition,
  type PeripheralLink,
  type ServiceDefinition,
} from '../bluetooth/peripheral.ts'
import { encodeCurrentTime, encodeDateTime, readCalendarTime } from '../encoders/date-time.ts'
import { encodeBatteryLevel, encodeText } from '../encoders/device-information.ts'
import type { DeviceClock } from './device-clock.ts'

/** Application error: value not allowed (Core Supplement, Part B, 1.2: out of range). */
const OUT_OF_RANGE = 0xff

interface Identity {
  readonly manufacturer: string
  readonly model: string
  readonly serial: string
  readonly firmware?: string
  /** Some devices fill their strings up with NUL to this length. */
  readonly padTo?: number
}

/** Device Information 0x180A. */
function deviceInformation(identity: Identity): ServiceDefinition {
  const text = (uuid: string, value: string): CharacteristicDefinition => ({
    uuid,
    properties: ['read'],
    value: encodeText(value, identity.padTo),
  })
  return {
    uuid: '180A',
    characteristics: [
      text('2A29', identity.manufacturer),
      text('2A24', identity.model),
      text('2A25', identity.serial),
      text('2A26', identity.firmware ?? '1.0'),
    ],
  }
}

/** Battery 0x180F. */
const batteryService = (percent: () => number): ServiceDefinition => ({
  uuid: '180F',
  characteristics: [{ uuid: '2A19', properties: ['read'], value: () => encodeBatteryLevel(percent()) }],
})

export interface DescribedDevice {
  readonly id: string
  readonly identity?: Partial<Identity>
  readonly batteryPercent?: number
}

export const BATTERY_PERCENT = 90

/** The two that every device has: who it is, and its battery. */
export const standardServices = (options: DescribedDevice, model: string): readonly ServiceDefinition[] => [
  deviceInformation({ manufacturer: 'Simulated', model, serial: options.id, ...options.identity }),
  batteryService(() => options.batteryPercent ?? BATTERY_PERCENT),
]

/**
 * A characteristic that reads and sets the device's clock: 2A08 inside the measurement's service (A&D), or 2A2B of the
 * Current Time Service.
 */
export function timeCharacteristic(
  uuid: '2A08' | '2A2B',
  clock: DeviceClock,
  encrypted: boolean,
  onSet: (link: PeripheralLink) => void,
): CharacteristicDefinition {
  return {
    uuid,
    properties: ['read', 'write'],
    encrypted,
    value: () => (uuid === '2A08' ? encodeDateTime(clock.read()) : encodeCurrentTime(clock.read())),
    onWrite: (bytes, link) => {
      const time = readCalendarTime(bytes)
      if (time === undefined) throw new AttError(OUT_OF_RANGE)
      clock.set(time)
      onSet(link)
    },
  }
}
