import type { ErrorCode } from '../../../../device-drivers/errors.ts'
import type { ShownDevice, ShownHub } from '../../shapes.ts'
import { formatSpan } from '../shell/format.ts'
import type { Language, Said } from '../shell/said.ts'

/** Devices and hubs as a nurse needs to know of them: does it work, and if not, what. Pure. */

/** Below it somebody should bring new batteries; what the broker takes for flat (broker/alerts/plan/). */
const LOW_BATTERY = 10
/** Less is how clocks are. */
const CLOCK_TOLERANCE_MS = 2 * 60_000

/** What a visit to a device, or a hub by itself, can end with (device-drivers/errors.ts), as far as a nurse can use it. */
const PROBLEMS: Readonly<Partial<Record<string, Said>>> = {
  'adapter-unavailable': { da: 'hubbens Bluetooth virker ikke', en: "the hub's Bluetooth does not work" },
  'connect-timeout': { da: 'hubben kan ikke få forbindelse til apparatet', en: 'the hub can not reach the device' },
  'link-lost': { da: 'forbindelsen til apparatet blev afbrudt', en: 'the connection to the device was lost' },
  'operation-timeout': { da: 'apparatet svarer ikke', en: 'the device does not answer' },
  'pairing-failed': { da: 'apparatet skal parres igen', en: 'the device must be paired again' },
  'passkey-wrong': { da: 'apparatet skal parres igen', en: 'the device must be paired again' },
  'port-unavailable': { da: 'kablet til apparatet er taget ud', en: 'the cable of the device is unplugged' },
  'device-silent': { da: 'apparatet er tavst', en: 'the device is silent' },
  'device-refused': { da: 'apparatet afviser hubben', en: 'the device refuses the hub' },
  'clock-wrong': { da: 'apparatets ur er forkert', en: "the device's clock is wrong" },
  'packet-malformed': {
    da: 'apparatet sender noget, hubben ikke kan læse',
    en: 'the hub can not read what the device sends',
  },
  'packet-too-short': {
    da: 'apparatet sender noget, hubben ikke kan læse',
    en: 'the hub can not read what the device sends',
  },
  'checksum-wrong': {
    da: 'apparatet sender noget, hubben ikke kan læse',
    en: 'the hub can not read what the device sends',
  },
  'store-failed': { da: 'hubbens lager er fuldt eller i stykker', en: "the hub's storage is full or broken" },
  'store-corrupt': { da: 'hubbens lager er i stykker', en: "the hub's storage is broken" },
  'uplink-lost': { da: 'hubben har ingen forbindelse', en: 'the hub has no connection' },
} satisfies Partial<Record<ErrorCode, Said>>

export function problemText(code: string, language: Language): string {
  return PROBLEMS[code]?.[language] ?? `${language === 'da' ? 'fejl' : 'fault'} ${code}`
}

export function batteryText(percent: number, language: Language): string {
  const low = language === 'da' ? ' – skal skiftes eller oplades' : ' – change or charge it'
  return `${percent} %${percent <= LOW_BATTERY ? low : ''}`
}

/** @param offsetMs hub minus device @returns empty when it is right */
export function clockText(offsetMs: number, language: Language): string {
  if (Math.abs(offsetMs) < CLOCK_TOLERANCE_MS) return language === 'da' ? 'går rigtigt' : 'right'
  const span = formatSpan(Math.abs(offsetMs), language)
  if (language === 'da') return `går ${span} ${offsetMs > 0 ? 'bagud' : 'forud'}; tiderne er rettet`
  return `${span} ${offsetMs > 0 ? 'slow' : 'fast'}; times are corrected`
}

export const isTroubled = ({ batteryPercent = 100, problem }: ShownDevice): boolean =>
  batteryPercent <= LOW_BATTERY || problem !== undefined

const STATES: Readonly<Record<ShownHub['state'], Said>> = {
  online: { da: 'forbundet', en: 'connected' },
  offline: { da: 'ikke forbundet', en: 'not connected' },
  unknown: { da: 'ikke hørt, siden serveren startede', en: 'not heard since the server started' },
}
export const hubStateText = ({ state }: ShownHub, language: Language): string => STATES[state][language]

/** What is wrong with a hub, worst first; empty: all is well. */
export function hubTroubles(hub: ShownHub, language: Language): string[] {
  const say = (da: string, en: string): string => (language === 'da' ? da : en)
  const { problem, radio, unsent = 0, oldestUnsentS = 0, diskAlarm = 'none', clockSynced, update } = hub
  const waits = formatSpan(oldestUnsentS * 1000, language)
  return [
    ...(problem === undefined ? [] : [problemText(problem, language)]),
    ...(radio?.state === 'unavailable' ? [say('Bluetooth virker ikke', 'Bluetooth does not work')] : []),
    ...(radio?.state === 'ready' && radio.step !== undefined
      ? [say('hører ingen apparater, prøver igen', 'hears no devices, tries again')]
      : []),
    ...(unsent > 0
      ? [
          say(
            `${unsent} målinger er ikke sendt, den ældste for ${waits} siden`,
            `${unsent} readings not sent, the oldest ${waits} ago`,
          ),
        ]
      : []),
    ...(diskAlarm === 'full'
      ? [say('lageret er fuldt: målinger bliver i apparaterne', 'storage is full: readings stay in the devices')]
      : []),
    ...(diskAlarm === 'nearly-full' ? [say('lageret er næsten fuldt', 'storage is nearly full')] : []),
    ...(clockSynced === false ? [say('uret er ikke stillet', 'the clock is not set')] : []),
    ...(update?.state === 'rolled-back'
      ? [say(`opdateringen til ${update.version} lykkedes ikke`, `the update to ${update.version} did not succeed`)]
      : []),
  ]
}
