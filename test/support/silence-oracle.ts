import type { Plan } from '../../broker/alerts/plan/plan.ts'
import type { Kind } from '../../device-drivers/reading.ts'
import { type Home, lineOf, MINUTES, type Span, within, YEAR, type Year } from './silent-year.ts'

/**
 * Says from the words of the rules, minute by minute and with a calendar of its own, which alerts a year must bring.
 * Slow and simple on purpose; shares nothing with what it judges but the shape of a plan.
 */

const HOUR = 60
const DAY = 24 * HOUR

// ---- The calendar of 2028, written out

/** Days of 2028 with all shops closed (helligdage 2028: Easter Sunday is 16 April). Month/day. */
const HOLIDAYS = ['1/1', '4/13', '4/14', '4/16', '4/17', '5/25', '6/4', '6/5', '12/25', '12/26']
const EXTRA: Readonly<Record<string, string>> = {
  'constitution-day': '6/5',
  'christmas-eve': '12/24',
  'new-years-eve': '12/31',
}
const MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
/** 1 January 2028 is a Saturday. */
const NAMES = ['sa', 'su', 'mo', 'tu', 'we', 'th', 'fr']

/** Days of the year on which the clock is turned, from 0: 26 March and 29 October, the last Sundays of their months. */
const SPRING = 31 + 29 + 25
const AUTUMN = 31 + 29 + 31 + 30 + 31 + 30 + 31 + 31 + 30 + 28

const dates: string[] = MONTHS.flatMap((days, month) => Array.from({ length: days }, (_, d) => `${month + 1}/${d + 1}`))
const weekday = (day: number): string => NAMES[((day % 7) + 7) % 7] ?? ''

/** Minutes from the year's beginning in UTC of a local time in Denmark; the hour that is turned begins early, ends late. */
function utc(day: number, text: string, edge: 'begin' | 'end'): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  const local = day * DAY + hours * HOUR + minutes
  const turned = (day === SPRING || day === AUTUMN) && hours === 2
  if (turned) return local - (edge === 'begin' ? 2 : 1) * HOUR
  const summer = local >= SPRING * DAY + 2 * HOUR && local < AUTUMN * DAY + 2 * HOUR
  return local - (summer ? 2 : 1) * HOUR
}

const minuteOf = (text: string): number => (Date.parse(text) - Date.UTC(YEAR, 0, 1)) / 60_000

/** The local day of the year in which a minute lies. */
function localDay(minute: number): number {
  for (let day = 366; day >= 0; day--) if (utc(day, '00:00', 'begin') <= minute) return day
  return -1
}

// ---- The plan

export interface Window {
  readonly kind: Kind
  readonly from: number
  readonly to: number
  readonly due: number
}

/** The windows of one plan until `stop`, by going through its days one after the other from its first. */
export function windowsOf(plan: Plan, stop: number): Window[] {
  const begin = minuteOf(plan.from)
  const end = Math.min(stop, plan.to === undefined ? MINUTES : minuteOf(plan.to))
  const off = plan.holidays === 'kept' ? [] : [...HOLIDAYS, ...plan.alsoOff.map((name) => EXTRA[name] ?? '')]
  const start = localDay(begin)
  const queue = plan.phases.flatMap((phase) => Array.from({ length: phase.days ?? 400 }, (_, nth) => ({ phase, nth })))
  const found: Window[] = []
  let carried: (typeof plan.phases)[number]['windows'] | undefined
  for (let day = start; day < 366; day++) {
    const today = queue[day - start]
    if (today === undefined) break
    const { schedule, windows } = today.phase
    let wanted = false
    if (schedule.type === 'daily') wanted = true
    if (schedule.type === 'weekdays') wanted = schedule.on.some((name) => name === weekday(day))
    if (schedule.type === 'every') wanted = today.nth % schedule.days === 0
    const free = off.includes(dates[day] ?? '')
    const weekend = weekday(day) === 'sa' || weekday(day) === 'su'
    let here: typeof windows = wanted && !free ? windows : []
    if (free && wanted && plan.holidays === 'moved' && carried === undefined) carried = windows
    if (!free && !weekend && carried !== undefined) {
      if (here.length === 0) here = carried
      carried = undefined
    }
    for (const window of here) {
      const from = utc(day, window.from, 'begin')
      const to = window.to === '24:00' ? utc(day + 1, '00:00', 'end') : utc(day, window.to, 'end')
      if (from >= begin && from < end) found.push({ kind: plan.kind, from, to, due: to + plan.graceMinutes })
    }
  }
  return found
}

/** When the plan of a kind is followed by another, it ends there. */
const stopOf = (plan: Plan, plans: readonly Plan[]): number =>
  Math.min(MINUTES, ...plans.filter((p) => p.kind === plan.kind && p.from > plan.from).map((p) => minuteOf(p.from)))

// ---- The words

export interface ExpectedAlert {
  /** missing/<kind>, unwatched, unwatched/<kind> */
  readonly rule: string
  readonly cause: string
  /** Minutes at which its windows open, in order. */
  readonly windows: readonly number[]
  readonly told: number
  readonly clinic?: number
  readonly ended?: number
}

export interface Expected {
  readonly alerts: readonly ExpectedAlert[]
  /** Of whom it was said wrongly that nothing was measured: kind, opening, minute of the correction, why. */
  readonly withdrawn: readonly string[]
}

const PATIENCE = 15
const NAP = 5
const HOME = ['hub-offline', 'hub-behind', 'engine-silent', 'radio-silent']
const ORDER = ['device-battery', 'device-fault', 'radio-silent', 'hub-offline', 'hub-behind', 'engine-silent']

/** A stretch of looks in which something was the matter. */
interface Trouble extends Span {
  readonly rule: string
  readonly cause: string
  readonly since: number
  readonly window?: number
}

/** What a home's line and engine were like in each minute. */
function recordOf(year: Year, home: Home) {
  const { heard, empty, looks } = lineOf(year, home)
  const lastHeard = new Int32Array(MINUTES)
  const lastEmpty = new Int32Array(MINUTES).fill(-1)
  const silent = new Uint8Array(MINUTES)
  const naps = year.engineOff.filter(({ from, to }) => to - from + 1 > NAP)
  const woken = new Uint8Array(MINUTES)
  for (const { to } of naps) woken[to] = 1
  let awake = 0
  for (let m = 1; m < heard.length; m++) {
    lastHeard[m] = heard[m] === 1 ? m : (lastHeard[m - 1] ?? 0)
    lastEmpty[m] = empty[m] === 1 ? m : (lastEmpty[m - 1] ?? -1)
    if (woken[m] === 1) awake = m
    // Who was once found silent stays so until something comes.
    const longSilent = looks[m] === 1 && m - Math.max(lastHeard[m] ?? 0, awake) > PATIENCE
    silent[m] = heard[m] === 0 && (longSilent || silent[m - 1] === 1) ? 1 : 0
  }
  const firstLook = (minute: number): number => {
    let m = Math.max(0, minute)
    while (looks[m] === 0) m++
    return m
  }
  return { looks, lastHeard, lastEmpty, silent, naps, firstLook }
}

type Said = { readonly state: 'filled' | 'excused' | 'waiting' | 'unknown' | 'missed'; readonly cause: string }

export function expected(year: Year, home: Home): Expected {
  const { looks, lastHeard, lastEmpty, silent, naps, firstLook } = recordOf(year, home)
  const windows = home.plans.flatMap((plan) => windowsOf(plan, stopOf(plan, home.plans)))
  windows.sort((a, b) => a.from - b.from || (a.kind < b.kind ? -1 : 1))
  const storedOf = new Map<Window, number[]>(windows.map((window) => [window, []]))
  for (const { kind, at, storedAt } of home.measured) {
    const open = windows.findLast((w) => w.kind === kind && w.from <= at && at < w.due)
    if (open !== undefined) storedOf.get(open)?.push(storedAt)
  }

  /** As the engine saw it: in the minutes in which it looked, and at its last look before the window. */
  function radioFailed({ from, due }: Window): boolean {
    let seen = from
    while (seen > 0 && looks[seen] === 0) seen--
    if (within(home.deaf, seen)) return true
    for (let m = from + 1; m < due; m++) if (looks[m] === 1 && within(home.deaf, m)) return true
    return false
  }

  function said(window: Window, stored: readonly number[], excusedFrom: number, m: number): Said {
    if (stored.some((minute) => minute <= m)) return { state: 'filled', cause: '' }
    if (excusedFrom <= m) return { state: 'excused', cause: '' }
    if ((lastEmpty[m] ?? -1) < window.due) {
      const back = firstLook(window.due)
      if (back - window.due > NAP && m < back + PATIENCE) return { state: 'unknown', cause: 'engine-silent' }
      if (silent[m] === 1) return { state: 'unknown', cause: 'hub-offline' }
      return m < window.due + PATIENCE ? { state: 'waiting', cause: '' } : { state: 'unknown', cause: 'hub-behind' }
    }
    if (radioFailed(window)) return { state: 'missed', cause: 'radio-silent' }
    if (within(home.batteryLow, m)) return { state: 'missed', cause: 'device-battery' }
    return { state: 'missed', cause: within(home.faulty, m) ? 'device-fault' : 'not-measured' }
  }

  function sinceOf(window: Window, cause: string, m: number): number {
    if (cause === 'hub-offline') return lastHeard[m] ?? 0
    const nap = naps.find(({ from, to }) => from <= window.due && window.due < to)
    return cause === 'engine-silent' && nap !== undefined ? nap.from - 1 : window.to
  }

  const troubles: Trouble[] = []
  const blamed: { readonly window: Window; readonly told: number }[] = []
  const withdrawn: string[] = []
  const decided = new Map<Window, number>()
  const kept: { readonly window: Window; readonly cause: string; readonly from: number; readonly to: number }[] = []
  for (const window of windows) {
    const stored = storedOf.get(window) ?? []
    const pauses = home.pauses.filter((p) => p.from < window.due && p.to > window.from)
    const excusedFrom = Math.min(MINUTES, ...pauses.map(({ writtenAt }) => writtenAt))
    let missed: { cause: string; at: number } | undefined
    let unknown: { cause: string; at: number } | undefined
    let over: { at: number; state: 'filled' | 'excused' } | undefined
    for (let m = firstLook(window.due); m < MINUTES && over === undefined; m = firstLook(m + 1)) {
      const { state, cause } = said(window, stored, excusedFrom, m)
      if (state !== 'waiting' && !decided.has(window)) decided.set(window, m)
      if (unknown !== undefined && (state !== 'unknown' || unknown.cause !== cause)) {
        const since = sinceOf(window, unknown.cause, unknown.at)
        troubles.push({ rule: 'unwatched', cause: unknown.cause, since, from: unknown.at, to: m, window: window.from })
        unknown = undefined
      }
      if (state === 'filled' || state === 'excused') over = { at: m, state }
      else if (state === 'missed') {
        missed ??= { cause, at: m }
        // Nothing but a reading or a pause can change it now.
        m = Math.max(m, Math.min(excusedFrom, ...stored.filter((minute) => minute > m), MINUTES) - 1)
      } else if (state === 'unknown') unknown ??= { cause, at: m }
    }
    if (unknown !== undefined) {
      const since = sinceOf(window, unknown.cause, unknown.at)
      troubles.push({
        rule: 'unwatched',
        cause: unknown.cause,
        since,
        from: unknown.at,
        to: MINUTES,
        window: window.from,
      })
    }
    if (missed === undefined) continue
    if (missed.cause !== 'not-measured') {
      kept.push({ window, cause: missed.cause, from: missed.at, to: over?.at ?? MINUTES })
    } else if (over === undefined) blamed.push({ window, told: missed.at })
    else {
      const why = over.state === 'filled' ? 'arrived-late' : 'paused'
      withdrawn.push(`${window.kind} ${window.from} ${over.at} ${why}`)
    }
  }

  // What equipment kept from being measured is over when the kind is measured again, or its next window is decided.
  for (const { window, cause, from, to } of kept) {
    const again = home.measured.filter((r) => r.kind === window.kind && r.at >= window.due).map((r) => r.storedAt)
    const next = windows.find((w) => w.kind === window.kind && w.from > window.from && decided.has(w))
    const end = Math.min(to, firstLook(Math.min(MINUTES, ...again)), (next && decided.get(next)) ?? MINUTES)
    const rule = HOME.includes(cause) ? 'unwatched' : `unwatched/${window.kind}`
    troubles.push({ rule, cause, since: window.to, from, to: end, window: window.from })
  }

  const held = home.plans.map((plan) => ({
    from: minuteOf(plan.from),
    to: Math.min(stopOf(plan, home.plans), plan.to === undefined ? MINUTES : minuteOf(plan.to)),
    allowed: plan.unwatchedAfterHours * HOUR,
  }))
  const patience = (minute: number): number | undefined => {
    const holding = held.filter(({ from, to }) => from <= minute && minute < to)
    return holding.length === 0 ? undefined : Math.min(...holding.map(({ allowed }) => allowed))
  }

  // A home that is silent for as long as its plan allows, whether a window fell into that time or not.
  for (let m = silent.indexOf(1); m >= 0; m = silent.indexOf(1, m + 1)) {
    if (looks[m] === 0) continue
    const allowed = patience(m)
    const paused = home.pauses.some((p) => p.writtenAt <= m && p.from <= m && m < p.to)
    if (allowed === undefined || paused || m - (lastHeard[m] ?? 0) < allowed) continue
    let to = m
    while (to < MINUTES && (silent[to] === 1 || looks[to] === 0)) to++
    troubles.push({ rule: 'unwatched', cause: 'hub-offline', since: lastHeard[m] ?? 0, from: m, to })
    m = to
  }

  return { withdrawn, alerts: [...missingAlerts(), ...unwatchedAlerts()] }

  /** Windows after which the same reading was the next one belong together. */
  function missingAlerts(): ExpectedAlert[] {
    const groups = new Map<
      string,
      { readonly window: Window; readonly told: number; readonly next: number | undefined }[]
    >()
    for (const { window, told } of blamed) {
      const later = home.measured.filter((r) => r.kind === window.kind && r.at >= window.to && r.storedAt < MINUTES)
      const next = later[0]?.at
      const key = `${window.kind} ${next}`
      groups.set(key, [...(groups.get(key) ?? []), { window, told, next }])
    }
    return [...groups.values()].map((group) => ({
      rule: `missing/${group[0]?.window.kind}`,
      cause: 'not-measured',
      windows: group.map(({ window }) => window.from),
      told: Math.min(...group.map(({ told }) => told)),
      ...(group[0]?.next === undefined ? {} : { ended: group[0].next }),
    }))
  }

  /** Looks in a row at which something was the matter are one alert. */
  function unwatchedAlerts(): ExpectedAlert[] {
    return [...new Set(troubles.map(({ rule }) => rule))].flatMap((rule) => {
      const mine = troubles.filter((trouble) => trouble.rule === rule && trouble.to > trouble.from)
      const painted = new Uint8Array(MINUTES)
      for (const { from, to } of mine) painted.fill(1, from, to)
      const alerts: ExpectedAlert[] = []
      let done = -1
      for (const m of [...new Set(mine.map(({ from }) => from))].sort((a, b) => a - b)) {
        if (m < done) continue
        let ended = m
        while (ended < MINUTES && painted[ended] === 1) ended = firstLook(ended + 1)
        const parts = mine.filter(({ from }) => from >= m && from < ended)
        const first = parts
          .filter(({ from }) => from === m)
          .sort((a, b) => a.since - b.since || ORDER.indexOf(a.cause) - ORDER.indexOf(b.cause))[0]
        let last = m
        while (last > 0 && patience(last) === undefined) last--
        const clinic = firstLook(
          Math.max(m, Math.min(...parts.map(({ since }) => since)) + (patience(last) ?? MINUTES)),
        )
        alerts.push({
          rule,
          cause: first?.cause ?? '',
          windows: [...new Set(parts.flatMap(({ window }) => (window === undefined ? [] : [window])))].sort(
            (a, b) => a - b,
          ),
          told: m,
          ...(clinic < ended ? { clinic } : {}),
          ...(ended < MINUTES ? { ended } : {}),
        })
        done = ended
      }
      return alerts
    })
  }
}
