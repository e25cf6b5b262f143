import type { Kind } from '../../device-drivers/reading.ts'
import { citizenId, ORGANISATION } from './fleet.ts'

/** Who is watched in the clinic of a benchmark: four conditions, and some who measure everything. */

export interface Measured {
  readonly kind: Kind
  readonly driver: string
  readonly everyDays: number
  readonly timesADay: number
}

const of = (kind: Kind, driver: string, everyDays: number, timesADay = 1): Measured => ({
  kind,
  driver,
  everyDays,
  timesADay,
})

const TEMPERATURE = of('temperature', 'ir-thermometer', 30)
const CONDITIONS: readonly (readonly Measured[])[] = [
  [
    of('oxygen-saturation', 'nonin-df13', 1),
    of('spirometry', 'spirometer', 7),
    of('symptoms', 'questions', 4),
    TEMPERATURE,
  ],
  [of('weight', 'weight-scale-service', 1), of('blood-pressure', 'blood-pressure-service', 3), TEMPERATURE],
  [
    of('glucose', 'glucose-service', 1),
    of('weight', 'weight-scale-service', 7),
    of('blood-pressure', 'blood-pressure-service', 4),
    TEMPERATURE,
  ],
  [of('oxygen-saturation', 'nonin-df13', 1), of('spirometry', 'spirometer', 3), TEMPERATURE],
]
/** Eight readings a day of six kinds: what the page of one citizen is measured with. */
const EVERYTHING: readonly Measured[] = [
  of('oxygen-saturation', 'nonin-df13', 1, 2),
  of('blood-pressure', 'blood-pressure-service', 1, 2),
  of('weight', 'weight-scale-service', 1),
  of('spirometry', 'spirometer', 1),
  of('temperature', 'ir-thermometer', 1),
  of('symptoms', 'questions', 1),
]
const MEASURE_EVERYTHING = 20

/** The one whose page is opened: measures everything, and has an alert. */
export const OPENED = citizenId(3)

/** What a citizen measures; alerts are made of the first. */
export const conditionOf = (citizen: number): readonly Measured[] =>
  citizen < MEASURE_EVERYTHING ? EVERYTHING : (CONDITIONS[citizen % CONDITIONS.length] as readonly Measured[])

const number = (n: number): string => String(n).padStart(4, '0')
export const hubOf = (citizen: number): string => `hub-${number(citizen)}`
export const deviceOf = (citizen: number, kind: Kind): string => `${kind.slice(0, 10)}-${number(citizen)}`

const DAY_MS = 24 * 3600_000
const YEARS_AGO = '2020-01-01T00:00:00.000Z'

const RULES = [
  {
    id: 'limits-oxygen-saturation',
    type: 'limits',
    quantity: 'oxygenSaturation',
    limits: { alertLow: 86, warningLow: 90 },
  },
  { id: 'limits-systolic', type: 'limits', quantity: 'systolic', limits: { warningHigh: 150, alertHigh: 170 } },
  {
    id: 'limits-glucose',
    type: 'limits',
    quantity: 'glucose',
    limits: { alertLow: 3, warningLow: 4, warningHigh: 14, alertHigh: 20 },
  },
  {
    id: 'weight-gain',
    type: 'gain',
    quantity: 'weight',
    windows: [{ days: 3, yellow: 2, red: 5 }],
    average: { days: 14, yellow: 20 },
  },
  {
    id: 'saturation-fall',
    type: 'change',
    quantity: 'oxygenSaturation',
    direction: 'fall',
    measure: 'points',
    yellow: 12,
  },
  { id: 'systolic-rise', type: 'change', quantity: 'systolic', direction: 'rise', measure: 'points', yellow: 60 },
  { id: 'fev1-fall', type: 'change', quantity: 'fev1', direction: 'fall', measure: 'percent', yellow: 40 },
].map((rule) => ({ title: rule.id, ...rule }))

/** @param now ms: rules hold since a month ago, plans from an hour ago on, so that no slot falls due while it is measured */
export function clinicRegistry(count: number, now: number) {
  const citizens = Array.from({ length: count }, (_, n) => n)
  const decided = { from: new Date(now - 30 * DAY_MS).toISOString(), author: 'physician-0001', reason: 'benchmark' }
  const planned = { ...decided, from: new Date(now - 3600_000).toISOString() }
  return {
    organisations: [{ id: ORGANISATION, title: 'Clinic North' }],
    citizens: citizens.map((n) => ({ id: citizenId(n) })),
    hubs: citizens.map((n) => ({ id: hubOf(n) })),
    devices: citizens.flatMap((n) =>
      conditionOf(n).map(({ kind, driver }) => ({ id: deviceOf(n, kind), hub: hubOf(n), driver })),
    ),
    assignments: citizens.flatMap((n) =>
      conditionOf(n).map(({ kind }) => ({ device: deviceOf(n, kind), citizen: citizenId(n), from: YEARS_AGO })),
    ),
    grants: citizens.map((n) => ({
      organisation: ORGANISATION,
      citizen: citizenId(n),
      from: YEARS_AGO,
      purpose: 'treatment',
    })),
    templates: [
      { template: 'bench', title: 'Benchmark', note: 'Nobody is treated by these.', ...decided, rules: RULES },
    ],
    watches: citizens.map((n) => ({
      citizen: citizenId(n),
      template: 'bench',
      organisation: ORGANISATION,
      ...decided,
    })),
    plans: citizens.flatMap((n) =>
      conditionOf(n).map(({ kind }) => ({
        citizen: citizenId(n),
        kind,
        phases: [{ schedule: { type: 'daily' }, windows: [{ from: '00:00', to: '24:00' }] }],
        ...planned,
      })),
    ),
    users: [{ id: 'nurse-0001', organisation: ORGANISATION, role: 'nurse', displayName: 'Nurse of the benchmark' }],
  }
}
