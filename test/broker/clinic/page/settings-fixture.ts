import type { Plan } from '../../../../broker/alerts/plan/plan.ts'
import type {
  DryRunAnswer,
  LimitsAnswer,
  LimitValues,
  PlanPreview,
  ShownOrigin,
} from '../../../../broker/clinic/shapes.ts'
import type { Role } from '../../../../broker/rights/decide.ts'
import { type Heard, openPage, refusal, type Said } from './page-fixture.ts'

/** A citizen with KOL and a few limits, and a broker that keeps what is saved under entity tags. */

export const CITIZEN = 'citizen-0042'
const HOUSE = `/v1/citizens/${CITIZEN}`
export const LIMITS = `${HOUSE}/limits`
export const PLANS = `${HOUSE}/plans`
export const AT = '2026-11-22T11:00:00.000Z'

const TEMPLATE: ShownOrigin = {
  level: 'template',
  scope: 'copd',
  version: 1,
  from: '2026-01-01T00:00:00.000Z',
  author: 'template',
  reason: 'Starting values from public sources',
}
const STAGE: ShownOrigin = { ...TEMPLATE, level: 'stage', reason: 'Ustabilt stadie' }
const CLINIC: ShownOrigin = {
  level: 'organisation',
  scope: 'naerklinikken',
  version: 4,
  from: '2026-06-01T00:00:00.000Z',
  author: 'overlaege-1',
  reason: 'Klinikkens instruks af 1. juni',
}
const OWN: ShownOrigin = {
  level: 'limits',
  scope: CITIZEN,
  version: 7,
  from: '2026-11-03T08:12:00.000Z',
  author: 'laege-holm',
  reason: 'Kronisk lav saturation, mål 86–90 %',
  reviewAt: '2027-02-01T00:00:00.000Z',
}

export const KNOWN: LimitsAnswer = {
  limits: [
    {
      quantity: 'oxygenSaturation',
      unit: '%',
      decimals: 0,
      rule: 'limits-oxygen-saturation',
      effective: { alertLow: 83, warningLow: 86 },
      inherited: { alertLow: 85, warningLow: 88 },
      origins: { alertLow: OWN, warningLow: OWN },
      own: true,
    },
    {
      quantity: 'pulseRate',
      unit: '/min',
      decimals: 0,
      rule: 'limits-pulse-rate',
      effective: { alertLow: 40, warningLow: 50, warningHigh: 100, alertHigh: 120 },
      origins: { alertLow: TEMPLATE, warningLow: TEMPLATE, warningHigh: CLINIC, alertHigh: TEMPLATE },
      own: false,
    },
    {
      quantity: 'bodyTemperature',
      unit: 'Cel',
      decimals: 1,
      rule: 'limits-body-temperature',
      effective: { warningHigh: 38, alertHigh: 38.5 },
      origins: { warningHigh: STAGE, alertHigh: TEMPLATE },
      own: false,
    },
    { quantity: 'weight', unit: 'kg', decimals: 1, rule: 'limits-weight', effective: {}, origins: {}, own: false },
  ],
}

const PLAN: Plan = {
  citizen: CITIZEN,
  kind: 'oxygen-saturation',
  from: '2026-10-31T23:00:00.000Z',
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
  author: 'nurse-berg',
  reason: 'Tæt måling de første to uger efter udskrivelse',
}

const trial = (limits: LimitValues, weeks: number): DryRunAnswer => {
  const to = Date.parse(AT)
  const at = (days: number) => new Date(to - days * 86_400_000).toISOString()
  const rule = 'limits-oxygen-saturation'
  const added = Array.from({ length: (limits.warningLow ?? 0) > 86 ? 8 : 0 }, (_, index) => ({
    rule,
    level: index % 3 === 1 ? 'red' : 'yellow',
    openedAt: at(3 + index * 6),
    ...(index === 0 ? {} : { closedAt: at(2 + index * 6) }),
  }))
  const gone = (limits.alertLow ?? 0) < 83 ? [{ rule, level: 'red', openedAt: at(20), closedAt: at(19) }] : []
  const now = 12
  const draft = now + added.length - gone.length
  const rates = { nowPerWeek: now / weeks, draftPerWeek: draft / weeks }
  return { from: at(weeks * 7), to: new Date(to).toISOString(), weeks, now, draft, ...rates, added, gone }
}

/** Two windows on each of the next 28 days. */
export const TWICE_DAILY: PlanPreview = {
  slots: Array.from({ length: 28 }, (_, day) => [7, 17].map((hour) => Date.UTC(2026, 10, 23 + day, hour)))
    .flat()
    .map((opens) => ({
      opens: new Date(opens).toISOString(),
      closes: new Date(opens + 7_200_000).toISOString(),
      due: new Date(opens + 10_800_000).toISOString(),
    })),
}

export interface Change {
  readonly call: string
  readonly body: unknown
  readonly ifMatch: string | undefined
}

/** What the broker holds; a test may change it as a colleague would. */
export function aBroker() {
  let version = 1
  const house = {
    limits: KNOWN,
    plans: { plans: [PLAN] },
    preview: (_body: unknown): Said => ({ body: TWICE_DAILY }),
    changes: [] as Change[],
    trials: [] as unknown[],
    /** Instead of saving. */
    refuses: undefined as Said | undefined,
    /** Somebody else saves. */
    colleague: (limits: Partial<LimitsAnswer['limits'][number]>, quantity = 'oxygenSaturation') => {
      const changed = house.limits.limits.map((one) => (one.quantity === quantity ? { ...one, ...limits } : one))
      house.limits = { limits: changed }
      version++
    },
  }
  const tag = () => `"v${version}"`
  const save = (call: string, put: (heard: Heard) => void, shown: () => unknown) => (heard: Heard) => {
    house.changes.push({ call, body: heard.body, ifMatch: heard.ifMatch })
    if (heard.ifMatch !== tag()) return refusal(412, 'changed-meanwhile', 'what you saw has changed; look at it again')
    if (house.refuses !== undefined) return house.refuses
    put(heard)
    version++
    return { body: shown(), etag: tag() }
  }
  const own = (heard: Heard) => {
    const { limits, reason } = heard.body as { limits: LimitValues; reason: string }
    const origin = { ...OWN, author: 'user-0001', reason, from: AT }
    const origins = Object.fromEntries(Object.keys(limits).map((bound) => [bound, origin]))
    house.colleague({ effective: limits, own: true, origins })
  }
  const answers = {
    [`GET ${LIMITS}`]: () => ({ body: house.limits, etag: tag() }),
    [`GET ${PLANS}`]: () => ({ body: house.plans, etag: tag() }),
    [`PUT ${LIMITS}/oxygenSaturation`]: save('PUT limits', own, () => house.limits),
    [`DELETE ${LIMITS}/oxygenSaturation`]: save(
      'DELETE limits',
      () =>
        house.colleague({
          effective: { alertLow: 85, warningLow: 88 },
          own: false,
          origins: { alertLow: TEMPLATE, warningLow: TEMPLATE },
        }),
      () => house.limits,
    ),
    [`POST ${LIMITS}/oxygenSaturation/dry-run`]: ({ body }: Heard) => {
      house.trials.push(body)
      const { limits, weeks } = body as { limits: LimitValues; weeks: number }
      return { body: trial(limits, weeks) }
    },
    [`PUT ${PLANS}/oxygen-saturation`]: save(
      'PUT plan',
      ({ body }) => {
        const made = { citizen: CITIZEN, kind: 'oxygen-saturation', author: 'user-0001', ...Object(body) } as Plan
        house.plans = { plans: [PLAN, made] }
      },
      () => house.plans,
    ),
    [`DELETE ${PLANS}/oxygen-saturation`]: save(
      'DELETE plan',
      () => {
        house.plans = { plans: [] }
      },
      () => house.plans,
    ),
    [`POST ${PLANS}/oxygen-saturation/preview`]: ({ body }: Heard) => house.preview(body),
  }
  return { house, answers }
}

/** The page of a citizen's limits and plan. */
export async function openSettings(role: Role, look: Parameters<typeof openPage>[3] = {}) {
  const { house, answers } = aBroker()
  const shown = await openPage(role, `#/citizens/${CITIZEN}/settings`, answers, look)
  await shown.page.getByRole('heading', { name: 'Iltmætning' }).first().waitFor()
  return { ...shown, house }
}
