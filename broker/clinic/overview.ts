import type { Kind } from '../../device-drivers/reading.ts'
import type { FoldState } from '../alerts/fold-state.ts'
import { openPauses } from '../alerts/pauses.ts'
import { openFactRows, slotName } from '../alerts/plan/fact-rows.ts'
import type { Plan } from '../alerts/plan/plan.ts'
import { plansOf } from '../alerts/plan/plan-rows.ts'
import { slotsOf } from '../alerts/plan/slots.ts'
import type { AlertMessage } from '../contract/alert.ts'
import type { HubKnown } from '../hub-states.ts'
import type { Registry } from '../registry.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import type { Expectations } from './expectations.ts'
import { openLastHeard, type Placed, shownDevice, shownHub } from './home.ts'
import { type LatestValues, newestByQuantity } from './latest.ts'
import type { Latest, MissedSlot, Note, Overview, ShownPause } from './shapes.ts'
import { normalBands, shownRules } from './shown-rules.ts'
import type { Sight } from './sight.ts'
import { isForANurse } from './work-list.ts'

/** Everything about one citizen but the series. */

const DAY_MS = 24 * 3600_000
const ALERT_DAYS = 90
const MAX_ALERTS = 200
const MISSED_DAYS = 30

export interface OverviewParts {
  readonly journal: Journal
  readonly registry: Pick<Registry, 'effectiveRulesOf' | 'watchingOf'>
  readonly latest: LatestValues
  readonly expectations: Expectations
  /** What a hub last told since the broker started. */
  readonly hub: (hub: string) => HubKnown | undefined
  /** Newest first. */
  readonly notesOf: (organisation: string, citizen: string) => readonly Note[]
}

const newestFirst =
  <T>(timeOf: (one: T) => string) =>
  (a: T, b: T): number =>
    timeOf(a) < timeOf(b) ? 1 : -1

/** Those that hold now or begin later. @param plans of one citizen, by kind and begin */
export function currentPlans(plans: readonly Plan[], at: string): Plan[] {
  return plans.filter((plan, index) => {
    const next = plans[index + 1]
    const replaced = next !== undefined && next.kind === plan.kind && next.from <= at
    return !replaced && (plan.to === undefined || plan.to > at)
  })
}

export function openOverview(parts: OverviewParts): (sight: Sight, citizen: string) => Promise<Overview> {
  const { journal, registry, latest, expectations, hub, notesOf } = parts
  const sql = (text: string) => journal.database.prepare(text)
  const selectAlerts = sql(
    `SELECT message FROM alerts WHERE citizen = ?1 AND (opened_at >= ?2 OR state IN ('open', 'acknowledged'))
     ORDER BY opened_at DESC LIMIT ${2 * MAX_ALERTS}`,
  )
  const selectPaused = sql(
    `SELECT DISTINCT t.alert, json_extract(t.message, '$.pausedBy') AS pause, a.message
     FROM alerts a JOIN alert_transitions t ON t.alert = a.id
     WHERE a.citizen = ? AND json_extract(t.message, '$.pausedBy') IS NOT NULL`,
  )
  const selectState = sql(`SELECT state FROM rule_states WHERE citizen = ? AND rule = ? AND position = '~'`)
  const selectDevices = sql(
    `SELECT a.device, a.slot, d.hub, d.driver FROM assignments a JOIN devices d ON d.id = a.device
     WHERE a.citizen = ?1 AND a.from_at <= ?2 AND (a.to_at IS NULL OR a.to_at > ?2) ORDER BY a.device, a.slot`,
  )
  const pauses = openPauses(journal)
  const facts = openFactRows(journal)
  const lastHeard = openLastHeard(journal)

  function alertsOf(sight: Sight, citizen: string): AlertMessage[] {
    const since = isoTime(Date.parse(sight.at) - ALERT_DAYS * DAY_MS)
    return selectAlerts
      .all(citizen, since)
      .map((row) => JSON.parse(String(row['message'])) as AlertMessage)
      .filter((alert) => isForANurse(alert) && sight.seesAlert(alert))
      .slice(0, MAX_ALERTS)
  }

  function pausesOf(sight: Sight, citizen: string): ShownPause[] {
    const since = isoTime(Date.parse(sight.at) - ALERT_DAYS * DAY_MS)
    const shown = pauses.of(citizen).filter(({ to }) => to > since)
    if (shown.length === 0) return []
    const quiet = selectPaused
      .all(citizen)
      .filter((row) => sight.seesAlert(JSON.parse(String(row['message'])) as AlertMessage))
    return shown
      .map(({ citizen: _, ...pause }) => ({
        ...pause,
        suppressed: quiet.filter((row) => row['pause'] === pause.id).length,
      }))
      .sort(newestFirst(({ from }) => from))
  }

  function missedOf(citizen: string, plans: readonly Plan[], kinds: readonly Kind[], now: number): MissedSlot[] {
    const since = now - MISSED_DAYS * DAY_MS
    const slots = plans.flatMap((plan) => slotsOf(plan, since, now))
    const due = new Map(slots.map((slot) => [slotName(slot.kind, slot.opens), slot.due]))
    return [...facts.verdicts(citizen, since)]
      .flatMap(([name, steps]): MissedSlot[] => {
        const last = steps.at(-1)
        const [kind, opens] = name.split('/') as [Kind, string]
        if (last === undefined || !kinds.includes(kind)) return []
        const { verdict, at } = last
        if (verdict.state !== 'missed' && verdict.state !== 'unknown') return []
        const { state, cause } = verdict
        // Of a plan that is no longer known the look at which it was decided is the nearest.
        return [{ kind, opens: isoTime(Number(opens)), due: isoTime(due.get(name) ?? at), state, cause }]
      })
      .sort(newestFirst(({ opens }) => opens))
  }

  function homeOf(citizen: string, values: readonly Latest[], expected: ReadonlyMap<string, string>, at: string) {
    const placed = selectDevices.all(citizen, at).map(
      (row): Placed => ({
        device: String(row['device']),
        driver: String(row['driver']),
        hub: String(row['hub']),
        ...(Number(row['slot']) < 0 ? {} : { slot: Number(row['slot']) }),
      }),
    )
    const newestOf = (device: string) =>
      values
        .flatMap((value) => (value.device === device ? [value.measuredAt] : []))
        .toSorted()
        .at(-1)
    const hubs = [...new Set(placed.map((device) => device.hub))]
    const journalled = (device: string) => ({ lastReading: newestOf(device), expectedBy: expected.get(device) })
    return {
      devices: placed.map((one) => shownDevice(one, hub(one.hub)?.devices.get(one.device), journalled(one.device))),
      hubs: hubs.map((id) => shownHub(id, hub(id), lastHeard(id))),
    }
  }

  function stateOf(citizen: string): (rule: string) => FoldState | undefined {
    return (rule) => {
      const row = selectState.get(citizen, rule)
      return row === undefined ? undefined : (JSON.parse(String(row['state'])) as FoldState)
    }
  }

  return async (sight, citizen) => {
    const { at } = sight
    const kinds = sight.kindsOf(citizen)
    const values = latest.of(citizen).filter(({ kind }) => kinds.includes(kind))
    const rules = registry.effectiveRulesOf(citizen, at)
    const plans = plansOf(journal, citizen).filter(({ kind }) => kinds.includes(kind))
    const expected = await expectations([{ citizen, plans }], at)
    return {
      at,
      citizen,
      kinds: [...kinds],
      watching: registry
        .watchingOf(citizen, at)
        .map(({ template, stage }) => ({ template, ...(stage === undefined ? {} : { stage }) })),
      latest: newestByQuantity(values),
      alerts: alertsOf(sight, citizen),
      pauses: pausesOf(sight, citizen),
      rules: shownRules(rules, kinds),
      normals: normalBands(rules, stateOf(citizen), kinds, at),
      plans: currentPlans(plans, at),
      missed: missedOf(citizen, plans, kinds, Date.parse(at)),
      ...homeOf(citizen, values, expected, at),
      notes: [...notesOf(sight.caller.organisation, citizen)],
    }
  }
}
