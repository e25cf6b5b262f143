import type { Driver, SerialPortInfo } from '../../device-drivers/driver.ts'
import type { ErrorCode } from '../../device-drivers/errors.ts'
import { isQuantity, QUANTITIES } from '../../device-drivers/quantities.ts'
import { isNumber, type Value } from '../../device-drivers/reading.ts'
import type { Activity, Doing } from './activities.ts'
import type { Nearby, NearbyDevices } from './nearby.ts'
import type { Step } from './record.ts'

/** A visit as a person sees it, on the page and on the command line. Pure. */

/** What a person in a home can do something about; less than this is a device in another flat or behind a wall. */
const WEAK_DBM = -92

export interface StepView extends Omit<Step, 'options'> {
  readonly title: string
  readonly vendor: string
  readonly models: readonly string[]
  readonly needsSlot: boolean
  readonly doing?: Doing
  readonly secondsLeft?: number
  readonly failure?: ErrorCode
  readonly trouble?: ErrorCode
  /** The test value as a person compares it with the display of the device. */
  readonly shown: readonly ShownValue[]
  readonly candidates: readonly (Omit<Nearby, 'drivers' | 'heardAt'> & { readonly weak: boolean })[]
  readonly ports: readonly SerialPortInfo[]
}

export interface ShownValue {
  readonly da: string
  readonly en: string
  /** With the device's decimals and its unit. */
  readonly text: string
}

export interface VisitView {
  readonly visit: string
  readonly hub: string
  readonly software: string
  readonly timeKnown: boolean
  readonly radioReady: boolean
  readonly brokerReached: boolean
  readonly installation?: string
  readonly revision?: number
  readonly steps: readonly StepView[]
  readonly ready: boolean
  readonly report?: string
  readonly deliveredAt?: string
}

export interface StepSurroundings {
  readonly ports: readonly SerialPortInfo[]
  readonly activity: Activity | undefined
  readonly nearby: NearbyDevices
  /** Monotonic ms. */
  readonly now: number
}

export function stepView(step: Step, driver: Driver, { ports, activity, nearby, now }: StepSurroundings): StepView {
  const { options: _, ...told } = step
  const searching = activity?.doing === 'searching'
  return {
    ...told,
    title: driver.about.title,
    vendor: driver.about.vendor,
    models: driver.about.models,
    needsSlot: driver.about.userSlots === 'required',
    ...(activity && {
      doing: activity.doing,
      secondsLeft: Math.max(0, Math.ceil((activity.until - now) / 1000)),
      ...(activity.failure && { failure: activity.failure }),
      ...(activity.trouble && { trouble: activity.trouble }),
    }),
    shown: Object.entries(step.test?.values ?? {}).map(([name, value]) => shownValue(name, value)),
    candidates: searching ? nearby.candidates(step.driver).map(candidateOf) : [],
    ports: driver.transport === 'serial' && searching ? fitting(ports, driver) : [],
  }
}

function candidateOf({ address, name, signalDbm }: Nearby): StepView['candidates'][number] {
  return { address, ...(name === undefined ? {} : { name }), signalDbm, weak: signalDbm < WEAK_DBM }
}

/** UCUM is for programs (ucum.org). */
const UNITS: Readonly<Record<string, string>> = { 'mm[Hg]': 'mmHg', Cel: '°C', '[lb_av]': 'lb' }

function shownValue(name: string, value: Value): ShownValue {
  const { danish: da, english: en } = isQuantity(name) ? QUANTITIES[name] : { danish: name, english: name }
  const text = isNumber(value)
    ? `${value.value.toFixed(value.decimals)} ${UNITS[value.unit] ?? value.unit}`
    : value.absent
  return { da, en, text }
}

/** The ports that name the device for certain, or all when none does. */
function fitting(ports: readonly SerialPortInfo[], driver: Extract<Driver, { transport: 'serial' }>): SerialPortInfo[] {
  const certain = ports.filter((port) => driver.match(port))
  return certain.length > 0 ? certain : [...ports]
}
