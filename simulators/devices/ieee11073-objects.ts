import type { Kind } from '../../device-drivers/reading.ts'
import type { NumericObject, UnitName } from '../encoders/ieee11073.ts'
import type { Quantity } from '../encoders/numbers.ts'
import { need, type Values } from './device.ts'

/** The device specializations: which objects such an agent has, and what a measurement looks like in them. */

export type Specialization = 'oximeter' | 'blood-pressure' | 'scale' | 'thermometer' | 'glucose'

export interface ObjectHabits {
  /** Unit that the device is switched to; only an extended configuration can say another than the standard one. */
  readonly unit?: UnitName
  readonly stamp?: NumericObject['stamp']
  readonly withStatus?: boolean
  /** A glucose meter that was given control solution. */
  readonly controlSolution?: boolean
  /** Where a thermometer measures. */
  readonly site?: 'ear' | 'mouth' | 'armpit' | 'rectum'
}

export interface AgentObjects {
  readonly kind: Kind
  readonly profile: number
  /** Configuration known to every manager. */
  readonly standard: number
  readonly model: string
  readonly objects: readonly NumericObject[]
  /** Values for each object in turn, in its unit. */
  observe(values: Values, device: string): readonly (readonly Quantity[])[]
}

const decimals = (value: number, places: number): Quantity => ({
  value: Number(value.toFixed(places)),
  decimals: places,
})

const SITE_CODE = { ear: 57356, mouth: 57352, armpit: 57380, rectum: 57348 } as const
const MMHG_PER_KPA = 7.50062
const KG_PER_LB = 0.45359237
const MG_DL_PER_MMOL_L = 18.0156
/** What a meter shows as HI and LO, mmol/L. */
const METER_RANGE = [0.6, 33.3] as const

type Make = (habits: ObjectHabits) => AgentObjects

const numeric = (
  habits: ObjectHabits,
  object: Pick<NumericObject, 'handle' | 'type' | 'format' | 'components'> & { readonly unit: UnitName },
): NumericObject => ({
  ...object,
  stamp: habits.stamp ?? 'absolute',
  ...(habits.withStatus === undefined ? {} : { withStatus: habits.withStatus }),
})

const oximeter: Make = (habits) => ({
  kind: 'oxygen-saturation',
  profile: 0x1004,
  standard: 0x0190,
  model: 'Finger 20601',
  objects: [
    numeric(habits, { handle: 1, type: 19384, unit: '%', format: 'basic' }),
    numeric(habits, { handle: 10, type: 18458, unit: '/min', format: 'basic' }),
  ],
  observe: (values, device) => [
    [decimals(need(values, 'oxygenSaturation', device), 0)],
    [decimals(need(values, 'pulseRate', device), 0)],
  ],
})

const bloodPressure: Make = (habits) => {
  const inKpa = habits.unit === 'kPa'
  const pressure = (mmHg: number): Quantity => (inKpa ? decimals(mmHg / MMHG_PER_KPA, 1) : decimals(mmHg, 0))
  return {
    kind: 'blood-pressure',
    profile: 0x1007,
    standard: 0x02bc,
    model: 'Cuff 20601',
    objects: [
      numeric(habits, {
        handle: 1,
        type: 18948,
        unit: inKpa ? 'kPa' : 'mmHg',
        format: 'compound',
        components: [18949, 18950, 18951],
      }),
      numeric(habits, { handle: 2, type: 18474, unit: '/min', format: 'basic' }),
    ],
    observe: (values, device) => {
      const [systolic, diastolic] = [need(values, 'systolic', device), need(values, 'diastolic', device)]
      const mean = values['meanArterial']
      return [
        [pressure(systolic), pressure(diastolic), mean === undefined ? 'not-a-number' : pressure(mean)],
        [decimals(need(values, 'pulseRate', device), 0)],
      ]
    },
  }
}

const scale: Make = (habits) => {
  const inPounds = habits.unit === 'lb'
  return {
    kind: 'weight',
    profile: 0x100f,
    standard: 0x05dc,
    model: 'Scale 20601',
    objects: [numeric(habits, { handle: 1, type: 57664, unit: inPounds ? 'lb' : 'kg', format: 'simple' })],
    observe: (values, device) => {
      const kg = need(values, 'weight', device)
      return [[decimals(inPounds ? kg / KG_PER_LB : kg, 1)]]
    },
  }
}

const thermometer: Make = (habits) => {
  const inFahrenheit = habits.unit === 'degF'
  const type = habits.site === undefined ? 19292 : SITE_CODE[habits.site]
  return {
    kind: 'temperature',
    profile: 0x1008,
    standard: 0x0320,
    model: 'Thermometer 20601',
    objects: [numeric(habits, { handle: 1, type, unit: inFahrenheit ? 'degF' : 'Cel', format: 'simple' })],
    observe: (values, device) => {
      const celsius = need(values, 'bodyTemperature', device)
      return [[decimals(inFahrenheit ? celsius * 1.8 + 32 : celsius, 1)]]
    },
  }
}

const glucose: Make = (habits) => {
  const inMmol = habits.unit === 'mmol/L'
  const shown = (mmol: number): Quantity => {
    if (mmol > METER_RANGE[1]) return 'positive-infinity'
    if (mmol < METER_RANGE[0]) return 'negative-infinity'
    return inMmol ? decimals(mmol, 1) : decimals(mmol * MG_DL_PER_MMOL_L, 0)
  }
  return {
    kind: 'glucose',
    profile: 0x1011,
    standard: 0x06a4,
    model: 'Meter 20601',
    objects: [
      numeric(habits, {
        handle: 1,
        type: habits.controlSolution ? 29136 : 29112,
        unit: inMmol ? 'mmol/L' : 'mg/dL',
        format: 'basic',
      }),
    ],
    observe: (values, device) => [[shown(need(values, 'glucose', device))]],
  }
}

const MAKE: Readonly<Record<Specialization, Make>> = {
  oximeter,
  'blood-pressure': bloodPressure,
  scale,
  thermometer,
  glucose,
}

export const agentObjects = (specialization: Specialization, habits: ObjectHabits): AgentObjects =>
  MAKE[specialization](habits)
