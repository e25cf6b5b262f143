import type { ShownDevice, ShownHub } from './shapes.ts'

/** What is wrong with a hub and its devices, for a technician, as words of the house. Pure. */

/** Worst first: what keeps readings from arriving, then what will. unheard: since the broker started, which may be now. */
export const TROUBLES = [
  'offline',
  'problem',
  'disk',
  'radio',
  'unsent',
  'clock',
  'certificate',
  'update',
  'device-problem',
  'device-battery',
  'device-clock',
  'unheard',
] as const
export type Trouble = (typeof TROUBLES)[number]

/** A quarter of an hour, as before a slot is called unknown (alerts/plan/verdict.ts). */
const UNSENT_S = 15 * 60
/** As before a measurement is said to have failed for it (alerts/plan/home-facts.ts). */
const BATTERY_PERCENT = 10
/** Renewed by itself when 30 days are left: with fewer than 20 it was tried for ten. */
const CERTIFICATE_MS = 20 * 24 * 3600_000
/** Offsets are corrected; this is a clock that was never set, or has lost its battery. */
const DEVICE_CLOCK_MS = 3600_000

type Checked = Omit<ShownHub, 'hub'> & {
  readonly certificateEndsAt?: string | undefined
  readonly devices: readonly Pick<ShownDevice, 'batteryPercent' | 'clockOffsetMs' | 'problem'>[]
}

/** @param now ms since 1970 UTC */
export function troublesOf(hub: Checked, now: number): Trouble[] {
  const { radio, certificateEndsAt, devices } = hub
  const found: Readonly<Record<Trouble, boolean>> = {
    offline: hub.state === 'offline',
    problem: hub.problem !== undefined,
    disk: hub.diskAlarm !== undefined && hub.diskAlarm !== 'none',
    radio: radio !== undefined && (radio.state === 'unavailable' || radio.step !== undefined),
    unsent: (hub.oldestUnsentS ?? 0) > UNSENT_S,
    clock: hub.clockSynced === false,
    certificate: certificateEndsAt !== undefined && Date.parse(certificateEndsAt) - now < CERTIFICATE_MS,
    update: hub.update?.state === 'rolled-back',
    'device-problem': devices.some(({ problem }) => problem !== undefined),
    'device-battery': devices.some(({ batteryPercent }) => (batteryPercent ?? 100) <= BATTERY_PERCENT),
    'device-clock': devices.some(({ clockOffsetMs }) => Math.abs(clockOffsetMs ?? 0) > DEVICE_CLOCK_MS),
    unheard: hub.state === 'unknown',
  }
  return TROUBLES.filter((trouble) => found[trouble])
}

const rank = ([worst]: readonly Trouble[]): number => (worst === undefined ? TROUBLES.length : TROUBLES.indexOf(worst))

/** The worst first, then those with the most. */
export const byTrouble = (a: readonly Trouble[], b: readonly Trouble[]): number =>
  rank(a) - rank(b) || b.length - a.length
