import type { MissedSlot, Overview, Series, SeriesAnswer, ShownRule } from '../../../../broker/clinic/shapes.ts'
import type { AlertMessage } from '../../../../broker/contract/alert.ts'
import type { Kind } from '../../../../device-drivers/reading.ts'
import { seeded } from '../../../support/random.ts'

/** A citizen with COPD and heart failure, as the broker would tell of one: made up, the same at each run. */

export const CITIZEN = 'citizen-0001'
/** A Tuesday; in the month before it the clocks went back (25 October 2026). */
export const NOW = '2026-11-03T09:30:00.000Z'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
export const before = (hours: number, now = NOW): string => new Date(Date.parse(now) - hours * HOUR_MS).toISOString()

/** Order of `devices` in the series answer. */
const DEVICES = [
  { device: 'oxi-0001', driver: 'nonin-3230' },
  { device: 'bp-0001', driver: 'ua-651ble' },
  { device: 'scale-0001', driver: 'uc-352ble' },
  { device: 'spiro-0001', driver: 'smart-one' },
  { device: 'typed-by-staff', driver: 'typed-by-staff' },
] as const

interface Course {
  readonly quantity: string
  readonly kind: Kind
  readonly unit: string
  readonly decimals: number
  readonly usual: number
  readonly spread: number
  readonly device: number
  readonly perDay: number
}

const COURSES: readonly Course[] = [
  {
    quantity: 'oxygenSaturation',
    kind: 'oxygen-saturation',
    unit: '%',
    decimals: 0,
    usual: 93,
    spread: 2,
    device: 0,
    perDay: 2,
  },
  {
    quantity: 'pulseRate',
    kind: 'oxygen-saturation',
    unit: '/min',
    decimals: 0,
    usual: 84,
    spread: 9,
    device: 0,
    perDay: 2,
  },
  {
    quantity: 'systolic',
    kind: 'blood-pressure',
    unit: 'mm[Hg]',
    decimals: 0,
    usual: 138,
    spread: 12,
    device: 1,
    perDay: 1,
  },
  {
    quantity: 'diastolic',
    kind: 'blood-pressure',
    unit: 'mm[Hg]',
    decimals: 0,
    usual: 84,
    spread: 7,
    device: 1,
    perDay: 1,
  },
  {
    quantity: 'pulseRate',
    kind: 'blood-pressure',
    unit: '/min',
    decimals: 0,
    usual: 82,
    spread: 8,
    device: 1,
    perDay: 1,
  },
  { quantity: 'weight', kind: 'weight', unit: 'kg', decimals: 1, usual: 78.4, spread: 0.6, device: 2, perDay: 1 },
  { quantity: 'fev1', kind: 'spirometry', unit: 'L', decimals: 2, usual: 1.21, spread: 0.09, device: 3, perDay: 0.3 },
]

/** @param days so many before `now` @param perDay instead of the course's own */
export function seriesOf(course: Course, days: number, now: string, perDay = course.perDay): Series {
  const random = seeded(course.quantity.length * 31 + course.device)
  const { quantity, kind, unit, decimals, usual, spread, device } = course
  const count = Math.floor(days * perDay)
  const at = Array.from({ length: count }, (_, index) => {
    const day = Math.floor((index + 1) / perDay)
    return Date.parse(now) - days * DAY_MS + day * DAY_MS - Math.floor((2 + (index % Math.ceil(perDay)) * 11) * HOUR_MS)
  }).sort((a, b) => a - b)
  const scale = 10 ** decimals
  const value = at.map((_, index) => {
    const drift = Math.sin(index / (9 * perDay)) * spread
    return Math.round((usual + drift + (random() + random() - 1) * spread) * scale) / scale
  })
  return {
    quantity,
    kind,
    unit,
    decimals,
    at,
    value,
    flags: at.map(() => 0),
    device: at.map(() => device),
    reduced: false,
  }
}

/** Special points at the end of the saturation: late, doubtful, typed, by staff, of uncertain time, beyond the range. */
const SPECIAL = [1, 2, 4, 8, 16, 3] as const

export function seriesAnswer(from: string, to: string, now = NOW): SeriesAnswer {
  const all = COURSES.map((course) => seriesOf(course, 90, now))
  const [saturation] = all
  if (saturation !== undefined) {
    for (const [index, flags] of SPECIAL.entries()) saturation.flags[saturation.at.length - 12 + index] = flags
    saturation.device[saturation.at.length - 9] = 4
    saturation.value[saturation.at.length - 1] = 84
    saturation.value[saturation.at.length - 2] = 85
    saturation.value[saturation.at.length - 11] = 71
    saturation.value[saturation.at.length - 14] = null
    saturation.flags[saturation.at.length - 14] = 64
  }
  const weight = all.find(({ quantity }) => quantity === 'weight')
  if (weight !== undefined) weight.value[weight.at.length - 1] = 79
  const [begin, end] = [Date.parse(from), Date.parse(to)]
  return {
    from,
    to,
    devices: [...DEVICES],
    series: all.map((series) => {
      const inside = series.at.map((at) => at >= begin && at < end)
      const kept = <T>(column: T[]): T[] => column.filter((_, index) => inside[index])
      return {
        ...series,
        at: kept(series.at),
        value: kept(series.value),
        flags: kept(series.flags),
        device: kept(series.device),
      }
    }),
  }
}

const origin = (reason: string) =>
  ({ level: 'template', scope: 'copd', version: 1, from: before(9000), author: 'template', reason }) as const

const rule = (quantity: string, limits: NonNullable<ShownRule['limits']>): ShownRule => ({
  id: `limits-${quantity.toLowerCase()}`,
  version: 1,
  title: quantity,
  type: 'limits',
  quantities: [quantity],
  limits,
  origins: { limits: origin('Starting values') },
})

export const RED: AlertMessage = {
  alert: 'alert-red-0001',
  citizen: CITIZEN,
  category: 'clinical',
  rule: { id: 'limits-oxygen-saturation', version: 1, title: 'Oxygen saturation' },
  kinds: ['oxygen-saturation'],
  state: 'open',
  level: 'red',
  openedAt: before(2),
  raisedAt: before(1.9),
  updatedAt: before(1.9),
  evidence: [
    { quantity: 'oxygenSaturation', value: 84, unit: '%', limit: 85, bound: 'alertLow', at: before(2), reading: 'a' },
  ],
  readings: [],
  unstable: false,
  revision: 3,
}

const MISSING: AlertMessage = {
  ...RED,
  alert: 'alert-miss-0001',
  category: 'missing',
  rule: { id: 'missing-weight', version: 1, title: 'Not measured' },
  kinds: ['weight'],
  level: 'blue',
  state: 'acknowledged',
  openedAt: before(22),
  raisedAt: before(21),
  updatedAt: before(20),
  evidence: [{ quantity: 'weight', bound: 'slot', at: before(22) }],
  acknowledged: { by: 'nurse-anna', at: before(20), action: 'Ringet til borgeren: måler i morgen', level: 'blue' },
  cause: 'not-measured',
  revision: 2,
}

const PAST: AlertMessage = {
  ...RED,
  alert: 'alert-past-0001',
  rule: { id: 'limits-systolic', version: 1, title: 'Systolic' },
  kinds: ['blood-pressure'],
  state: 'closed',
  level: 'yellow',
  openedAt: before(14 * 24),
  raisedAt: before(14 * 24),
  updatedAt: before(11 * 24),
  closedAt: before(11 * 24),
  evidence: [
    { quantity: 'systolic', value: 162, unit: 'mm[Hg]', limit: 160, bound: 'warningHigh', at: before(14 * 24) },
  ],
  acknowledged: { by: 'nurse-bo', at: before(13.9 * 24), action: 'Kontaktet læge', level: 'yellow' },
  cause: 'handled',
  revision: 4,
}

const missed = (daysAgo: number, kind: Kind, cause: MissedSlot['cause']): MissedSlot => ({
  kind,
  opens: before(daysAgo * 24 + 2.5),
  due: before(daysAgo * 24 - 0.5),
  state: cause === 'hub-offline' ? 'unknown' : 'missed',
  cause,
})

export const OVERVIEW = {
  at: NOW,
  citizen: CITIZEN,
  kinds: ['oxygen-saturation', 'blood-pressure', 'weight', 'spirometry'],
  watching: [{ template: 'copd', stage: 'unstable' }, { template: 'heart-failure' }],
  latest: [],
  alerts: [RED, MISSING, PAST],
  pauses: [
    {
      id: 'pause-0001',
      reason: 'admission',
      from: before(60 * 24),
      to: before(55 * 24),
      includeRed: true,
      by: 'nurse-bo',
      suppressed: 4,
    },
  ],
  rules: [
    rule('oxygenSaturation', { alertLow: 85, warningLow: 88 }),
    rule('pulseRate', { alertLow: 40, warningLow: 50, warningHigh: 100, alertHigh: 120 }),
    rule('systolic', { warningLow: 100, warningHigh: 160, alertHigh: 180 }),
    rule('diastolic', { warningHigh: 100, alertHigh: 110 }),
    rule('weight', { warningHigh: 80.5 }),
  ],
  normals: [
    { quantity: 'oxygenSaturation', median: 93, low: 91, high: 95 },
    { quantity: 'weight', median: 78.4, low: 77.8, high: 79 },
  ],
  plans: [
    {
      citizen: CITIZEN,
      kind: 'oxygen-saturation',
      from: before(2000),
      timeZone: 'Europe/Copenhagen',
      holidays: 'kept',
      alsoOff: [],
      graceMinutes: 60,
      unwatchedAfterHours: 24,
      phases: [
        {
          days: 14,
          schedule: { type: 'daily' },
          windows: [
            { from: '08:00', to: '10:00' },
            { from: '18:00', to: '20:00' },
          ],
        },
        { schedule: { type: 'weekdays', on: ['mo', 'we', 'fr'] }, windows: [{ from: '08:00', to: '10:00' }] },
      ],
      author: 'doctor-0001',
      reason: 'Opstart',
    },
    {
      citizen: CITIZEN,
      kind: 'weight',
      from: before(2000),
      timeZone: 'Europe/Copenhagen',
      holidays: 'skipped',
      alsoOff: [],
      graceMinutes: 60,
      unwatchedAfterHours: 24,
      phases: [{ schedule: { type: 'daily' }, windows: [{ from: '07:00', to: '09:30' }] }],
      author: 'doctor-0001',
      reason: 'Hjertesvigt',
    },
  ],
  missed: [
    missed(1, 'weight', 'not-measured'),
    missed(4, 'weight', 'not-measured'),
    missed(5, 'oxygen-saturation', 'device-battery'),
    missed(9, 'oxygen-saturation', 'hub-offline'),
  ],
  devices: [
    {
      device: 'oxi-0001',
      driver: 'nonin-3230',
      hub: 'hub-0001',
      model: 'Nonin 3230',
      firmware: '1.4',
      batteryPercent: 8,
      lastSeen: before(2),
      lastReading: before(2),
      clockOffsetMs: -1200,
    },
    {
      device: 'bp-0001',
      driver: 'ua-651ble',
      hub: 'hub-0001',
      model: 'UA-651BLE',
      lastSeen: before(26),
      lastReading: before(26),
      expectedBy: before(-22),
      batteryPercent: 70,
      clockOffsetMs: 190_000,
    },
    {
      device: 'scale-0001',
      driver: 'uc-352ble',
      hub: 'hub-0001',
      model: 'UC-352BLE',
      lastSeen: before(46),
      lastReading: before(46),
      expectedBy: before(1.5),
      problem: 'link-lost',
    },
  ],
  hubs: [
    {
      hub: 'hub-0001',
      state: 'online',
      since: before(50),
      lastHeard: before(0.01),
      version: '0.1.0',
      clockSynced: true,
      unsent: 0,
      diskPercent: 31,
      diskAlarm: 'none',
      radio: { state: 'ready', silentForS: 4 },
    },
  ],
  notes: [
    {
      id: 'note-1',
      at: before(70),
      by: 'nurse-anna',
      byName: 'Anna K.',
      text: 'Datteren hjælper med vægten om morgenen.\nRing helst efter kl. 9.',
    },
  ],
} satisfies Overview
