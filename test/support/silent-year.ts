import type { Facts } from '../../broker/alerts/plan/facts.ts'
import { type Plan, planSchema } from '../../broker/alerts/plan/plan.ts'
import type { TickRange } from '../../broker/alerts/plan/ticks.ts'
import type { Kind } from '../../device-drivers/reading.ts'
import { seeded } from './random.ts'

/**
 * A made-up year of many homes: who is asked to measure when, who does, and what breaks. Everything happens on whole
 * minutes; minute 0 is 1 January 2028, 00:00 UTC. This file knows no calendar and judges nothing.
 */

export const YEAR = 2028
export const START = Date.UTC(YEAR, 0, 1)
const MINUTE = 60_000
/** 2028 is a leap year. */
export const MINUTES = 366 * 24 * 60
const HOUR = 60
const DAY = 24 * HOUR
export const instant = (minute: number): number => START + minute * MINUTE

/** Minutes [from, to). */
export interface Span {
  readonly from: number
  readonly to: number
}

export interface Measured {
  readonly id: string
  readonly kind: Kind
  readonly at: number
  readonly storedAt: number
}

export interface Home {
  readonly citizen: string
  readonly plans: readonly Plan[]
  readonly offline: readonly Span[]
  /** The hub is heard, but does not say what it holds. */
  readonly stuck: readonly Span[]
  readonly deaf: readonly Span[]
  readonly batteryLow: readonly Span[]
  readonly faulty: readonly Span[]
  readonly pauses: readonly (Span & { readonly id: string; readonly writtenAt: number })[]
  readonly measured: readonly Measured[]
}

export interface Year {
  readonly homes: readonly Home[]
  /** The engine does not run. */
  readonly engineOff: readonly Span[]
}

export const within = (spans: readonly Span[], minute: number): boolean =>
  spans.some(({ from, to }) => from <= minute && minute < to)

type Random = () => number
const between = (random: Random, low: number, high: number): number => low + Math.floor(random() * (high - low))
const pick = <T>(random: Random, all: readonly [T, ...T[]]): T => all[between(random, 0, all.length)] ?? all[0]

function spans(random: Random, most: number, shortest: number, longest: number): Span[] {
  return Array.from({ length: between(random, 0, most + 1) }, () => {
    const from = between(random, 0, MINUTES - longest)
    return { from, to: from + between(random, shortest, longest) }
  })
}

const WINDOWS = [
  [{ from: '06:00', to: '12:00' }],
  [
    { from: '06:00', to: '10:00' },
    { from: '18:00', to: '22:30' },
  ],
  [{ from: '00:00', to: '24:00' }],
  [{ from: '02:30', to: '05:00' }],
  [
    { from: '00:15', to: '02:45' },
    { from: '19:00', to: '24:00' },
  ],
] as const

function phasesOf(random: Random): unknown[] {
  const windows = () => WINDOWS[between(random, 0, WINDOWS.length)]
  const often = { days: 14, schedule: { type: 'daily' }, windows: windows() }
  const seldom = pick(random, [
    { type: 'weekdays', on: ['mo', 'th'] },
    { type: 'weekdays', on: ['we', 'fr', 'su'] },
    { type: 'every', days: 3 },
    { type: 'daily' },
  ])
  const then = { schedule: seldom, windows: windows() }
  return random() < 0.2 ? [often, { ...then, days: 120 }, { schedule: { type: 'as-needed' } }] : [often, then]
}

function plansOf(random: Random, citizen: string): Plan[] {
  const kinds: readonly Kind[] = random() < 0.5 ? ['weight'] : ['oxygen-saturation', 'weight']
  return kinds.flatMap((kind) => {
    const version = (from: number, to?: number): Plan =>
      planSchema.parse({
        citizen,
        kind,
        from: new Date(instant(from)).toISOString(),
        ...(to === undefined ? {} : { to: new Date(instant(to)).toISOString() }),
        holidays: pick(random, ['kept', 'skipped', 'moved']),
        alsoOff: pick(random, [[], ['constitution-day', 'christmas-eve', 'new-years-eve']]),
        graceMinutes: pick(random, [0, 30, 60, 180]),
        unwatchedAfterHours: pick(random, [6, 24, 48]),
        phases: phasesOf(random),
        author: 'doctor',
        reason: 'test',
      })
    const first = between(random, 0, 60 * DAY)
    if (random() < 0.5) return [version(first)]
    const second = first + between(random, 30 * DAY, 200 * DAY)
    return [version(first), version(second, random() < 0.5 ? second + between(random, 20 * DAY, 100 * DAY) : undefined)]
  })
}

/** Two minutes after it is back, a hub has delivered what it held and says so. */
const DELIVERED_AFTER = 2

/** When a reading that the hub got at `minute` is stored. */
function arrival(minute: number, closed: readonly Span[]): number {
  let at = minute + 1
  for (let moved = true; moved; ) {
    moved = false
    for (const { from, to } of closed) {
      if (at < from || at > to) continue
      at = to + 1
      moved = true
    }
  }
  return at
}

function measuredIn(
  random: Random,
  home: Omit<Home, 'measured'>,
  engineOff: readonly Span[],
  hoursOf: (plan: Plan) => Span[],
): Measured[] {
  const all: Measured[] = []
  const lost = [...home.deaf, ...home.batteryLow, ...home.faulty]
  const closed = [...home.offline, ...engineOff]
  const zeal = 0.8 + random() * 0.2
  const measure = (kind: Kind, at: number): void => {
    if (at < 0 || at >= MINUTES || within(lost, at)) return
    const inMemory = random() < 0.02 ? between(random, 6 * HOUR, 3 * DAY) : 0
    const id = `${home.citizen}/${kind}/${all.length}`
    all.push({ id, kind, at, storedAt: arrival(at + inMemory, closed) })
  }
  for (const plan of home.plans) {
    for (const { from, to } of hoursOf(plan)) {
      const away = home.pauses.some((pause) => pause.from < to && from < pause.to)
      if (random() < (away ? 0.1 : zeal)) measure(plan.kind, between(random, from, to))
      if (random() < 0.03) measure(plan.kind, to + between(random, 0, 5 * HOUR))
    }
  }
  return all.sort((a, b) => a.at - b.at)
}

/** @param hoursOf the hours in which a citizen is inclined to measure; the readings are placed there */
export function silentYear(seed: number, homes: number, hoursOf: (plan: Plan) => Span[]): Year {
  const random = seeded(seed)
  const day = (days: number, hour: number) => days * DAY + hour * HOUR
  const engineOff = [
    { from: day(40, 8), to: day(40, 8) + 4 },
    { from: day(85, 0) + 20, to: day(85, 5) },
    { from: day(200, 9), to: day(201, 12) },
    { from: day(302, 9) + 7, to: day(302, 9) + 21 },
  ]
  return {
    engineOff,
    homes: Array.from({ length: homes }, (_, n) => {
      const citizen = `citizen-${n}`
      const pauses = spans(random, 2, DAY, 20 * DAY).map((span, i) => ({
        ...span,
        id: `${citizen}/pause/${i}`,
        writtenAt: Math.max(0, span.from + between(random, -3 * DAY, 3 * DAY)),
      }))
      const home = {
        citizen,
        plans: plansOf(random, citizen),
        offline: spans(random, 4, 5, 12 * DAY),
        stuck: spans(random, 1, HOUR, 2 * DAY),
        deaf: spans(random, 1, DAY, 5 * DAY),
        batteryLow: spans(random, 1, DAY, 4 * DAY),
        faulty: spans(random, 1, DAY, 4 * DAY),
        pauses,
      }
      return { ...home, measured: measuredIn(random, home, engineOff, hoursOf) }
    }),
  }
}

/** Minute by minute: the hub's words reach the broker; the hub says that it holds nothing; the engine looks. */
export interface Line {
  readonly heard: Uint8Array
  readonly empty: Uint8Array
  readonly looks: Uint8Array
}

const lines = new WeakMap<Home, Line>()

export function lineOf(year: Year, home: Home): Line {
  const line = lines.get(home) ?? drawn(year, home)
  lines.set(home, line)
  return line
}

function drawn({ engineOff }: Year, home: Home): Line {
  const looks = new Uint8Array(MINUTES).fill(1)
  for (const { from, to } of engineOff) looks.fill(0, from, to)
  const heard = looks.slice()
  for (const { from, to } of home.offline) heard.fill(0, from, to)
  const empty = new Uint8Array(MINUTES)
  let inRow = 0
  for (let minute = 0; minute < MINUTES; minute++) {
    inRow = heard[minute] === 1 ? inRow + 1 : 0
    empty[minute] = inRow > DELIVERED_AFTER ? 1 : 0
  }
  for (const { from, to } of home.stuck) empty.fill(0, from, to)
  return { heard, empty, looks }
}

export function ticksOf(year: Year): TickRange[] {
  const ends = [...year.engineOff].sort((a, b) => a.from - b.from)
  return [...ends, { from: MINUTES, to: MINUTES }].map(({ from }, i) => ({
    first: instant(ends[i - 1]?.to ?? 0),
    last: instant(from - 1),
  }))
}

/** An engine that did not look for more than this slept. */
const SLEPT_AFTER = 5
/** A hub counts as silent when nothing came for more than this; after its own sleep the engine waits as long. */
const SILENT_AFTER = 15

/**
 * What the broker would have written down in this year: every change, and what the hub said in the minutes in which
 * something was to be decided.
 */
export function factsOf(year: Year, home: Home, wanted: ReadonlySet<number>): Facts {
  const hubs: Facts['hubs'][number][] = []
  const line = lineOf(year, home)
  const deaf = new Uint8Array(MINUTES)
  for (const { from, to } of home.deaf) deaf.fill(1, from, to)
  const asked = new Uint8Array(MINUTES)
  for (const minute of wanted) asked[minute] = 1
  let lastHeard = 0
  let lastLook = -1
  let awakeSince = 0
  let heard = true
  let written = -1
  let empty: number | undefined
  for (let minute = 0; minute < MINUTES; minute++) {
    if (line.looks[minute] === 0) continue
    if (minute - lastLook > SLEPT_AFTER) awakeSince = minute
    lastLook = minute
    if (line.heard[minute] === 1) {
      lastHeard = minute
      heard = true
    } else if (minute - Math.max(lastHeard, awakeSince) > SILENT_AFTER) heard = false
    if (line.empty[minute] === 1) empty = minute
    const radio = deaf[minute] === 0
    const state = (heard ? 8 : 0) + (radio ? 4 : 0) + (line.heard[minute] ?? 0) * 2 + (line.empty[minute] ?? 0)
    if (state === written && asked[minute] === 0) continue
    written = state
    hubs.push({
      hub: 'hub',
      at: instant(minute),
      heard,
      lastHeard: instant(lastHeard),
      ...(empty === undefined ? {} : { holdsNothingBefore: instant(empty) }),
      radio,
    })
  }
  return {
    readings: home.measured.map(({ id, kind, at, storedAt }) => ({
      id,
      kind,
      measuredAt: instant(at),
      knownAt: instant(storedAt),
    })),
    hubs,
    devices: edges([...home.batteryLow, ...home.faulty]).map((minute) => ({
      device: 'device',
      at: instant(minute),
      batteryLow: within(home.batteryLow, minute),
      ...(within(home.faulty, minute) ? { problem: 'link-lost' } : {}),
    })),
    pauses: home.pauses.map(({ id, from, to, writtenAt }) => ({
      id,
      from: instant(from),
      to: instant(to),
      knownAt: instant(writtenAt),
    })),
    sourceOf: () => ({ hubs: ['hub'], device: 'device' }),
  }
}

const edges = (all: readonly Span[]): number[] =>
  [...new Set(all.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b)
