import { AttError, type PeripheralLink, type ServiceDefinition } from '../bluetooth/peripheral.ts'
import { type CalendarTime, readCalendarTime } from '../encoders/date-time.ts'
import type { Surroundings } from './device.ts'
import type { DeviceClock } from './device-clock.ts'
import { createGlucoseMeter, type GlucoseMeter, type GlucoseMeterOptions } from './glucose-meter.ts'

const SERVICE = '00000000000211E29E960800200C9A66'
const CLOCK = '00001026000211E29E960800200C9A66'
const SET_TIME = 0x01
const LENGTH = 10
const OUT_OF_RANGE = 0xff
/** Enable the indication first (CCCD improperly configured). */
const NOT_LISTENING = 0xfd

function later(utc: CalendarTime, minutes: number): CalendarTime {
  const { year, month, day, hour, minute, second } = utc
  const local = new Date(Date.UTC(year, month - 1, day, hour, minute + minutes, second))
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
  }
}

/** Set by UTC and the minutes that local time is ahead; answers with an indication, and only to those who listen. */
function clockService(clock: DeviceClock): ServiceDefinition {
  const listening = new WeakSet<PeripheralLink>()
  return {
    uuid: SERVICE,
    characteristics: [
      {
        uuid: CLOCK,
        properties: ['write', 'indicate'],
        onSubscribe: (link, mode) => void (mode === 'indicate' ? listening.add(link) : listening.delete(link)),
        onWrite: (bytes, link) => {
          if (!listening.has(link)) throw new AttError(NOT_LISTENING)
          const utc = readCalendarTime(bytes.subarray(1))
          if (bytes[0] !== SET_TIME || bytes.length !== LENGTH || utc === undefined) throw new AttError(OUT_OF_RANGE)
          clock.set(later(utc, new DataView(bytes.buffer, bytes.byteOffset).getInt16(8, true)))
          link.indicate(CLOCK, Uint8Array.of(SET_TIME)).catch(() => undefined)
        },
      },
    ],
  }
}

/** Ascensia Contour Next: bonds at once, and keeps UTC and offset apart. */
export function createContourMeter(options: GlucoseMeterOptions, around: Surroundings): GlucoseMeter {
  const habits = { name: 'Contour7901H1F64699', security: 'bonded-once', timeCharacteristic: 'none' } as const
  return createGlucoseMeter({ ...habits, ...options }, around, clockService)
}
