import type { Change, Latest, Standing, WorkItem, WorkList } from '../../../../broker/clinic/shapes.ts'
import type { AlertMessage, Level } from '../../../../broker/contract/alert.ts'

/** Made-up citizens on a made-up work list; times count from {@link START}. */

export const START = Date.parse('2026-11-22T09:00:00.000Z')
export const ago = (minutes: number, from = START): string => new Date(from - minutes * 60_000).toISOString()
export const citizenNamed = (n: number): string => `citizen-${String(n).padStart(4, '0')}`

const LEVEL: Readonly<Record<Standing, Level>> = { red: 'red', yellow: 'yellow', blue: 'blue', unknown: 'yellow' }
const CATEGORY = { red: 'clinical', yellow: 'clinical', blue: 'missing', unknown: 'unwatched' } as const

function evidenceOf(standing: Standing, at: string): AlertMessage['evidence'] {
  if (standing === 'blue') return [{ quantity: 'blood-pressure', bound: 'slot', at }]
  if (standing === 'unknown') return []
  const [bound, value] = standing === 'red' ? (['alertLow', 82] as const) : (['warningLow', 87] as const)
  return [{ quantity: 'oxygenSaturation', value, unit: '%', limit: standing === 'red' ? 85 : 88, bound, at }]
}

export function anAlert(citizen: string, standing: Standing, more: Partial<AlertMessage> = {}): AlertMessage {
  const at = more.raisedAt ?? ago(12)
  return {
    alert: `alert-${citizen.slice(-4)}-${standing}`,
    citizen,
    category: CATEGORY[standing],
    rule: { id: 'limits-oxygen-saturation', version: 1, title: 'Oxygen saturation' },
    kinds: ['oxygen-saturation'],
    state: 'open',
    level: LEVEL[standing],
    openedAt: at,
    raisedAt: at,
    updatedAt: at,
    evidence: evidenceOf(standing, at),
    readings: [],
    unstable: false,
    ...(standing === 'unknown' ? { cause: 'hub-offline' } : {}),
    revision: 1,
    ...more,
  }
}

export function aLatest(quantity: string, value: number, more: Partial<Latest> = {}): Latest {
  const days = Array.from({ length: 14 }, (_, day) => day)
  return {
    quantity,
    kind: 'oxygen-saturation',
    value,
    unit: '%',
    decimals: 0,
    measuredAt: ago(3),
    device: 'oximeter-0001',
    driver: 'pulse-oximeter-service',
    flags: [],
    trend: {
      at: days.map((day) => START - (13 - day) * 86_400_000),
      value: days.map((day) => value + Math.round(4 * Math.sin(day))),
    },
    ...more,
  }
}

export function anItem(citizen: string, standing: Standing, more: Partial<WorkItem> = {}): WorkItem {
  const alerts = more.alerts ?? [anAlert(citizen, standing)]
  return {
    citizen,
    standing,
    acknowledged: alerts.every(({ state }) => state === 'acknowledged'),
    since: ago(12),
    alerts,
    latest: [
      aLatest('oxygenSaturation', standing === 'red' ? 82 : 87),
      aLatest('pulseRate', 92, { unit: '/min' }),
      aLatest('weight', 82.5, { kind: 'weight', unit: 'kg', decimals: 1, device: 'scale-0001', measuredAt: ago(300) }),
    ],
    ...more,
  }
}

/** @param items in the order in which the broker has them */
export function aList(items: readonly WorkItem[], at = new Date(START).toISOString(), cursor = 10): WorkList {
  const counts = { red: 0, yellow: 0, blue: 0, unknown: 0, paused: 0 }
  for (const { standing, pausedUntil } of items) counts[pausedUntil === undefined ? standing : 'paused'] += 1
  return { at, cursor, items: [...items], counts, calm: 180 }
}

export function changeOf(alert: AlertMessage, quiet = false): Change {
  const { citizen, category, level, state, revision, raisedAt } = alert
  return { alert: alert.alert, citizen, category, level, state, revision, raisedAt, quiet }
}
