import { type Episode, episodeKey } from '../../../broker/alerts/episode.ts'
import type { FoldState, RuleTimeline } from '../../../broker/alerts/fold-state.ts'
import { type JudgedReading, judgedReading } from '../../../broker/alerts/judged-reading.ts'
import type { CitizenStates } from '../../../broker/alerts/judging.ts'
import { judge } from '../../../broker/alerts/judging.ts'
import { ruleSchema } from '../../../broker/alerts/rule.ts'
import { QUANTITIES, type QuantityName } from '../../../device-drivers/quantities.ts'
import type { Kind, Status } from '../../../device-drivers/reading.ts'
import { idOf, reading } from '../core-fixture.ts'

/** Readings and rules of one citizen, without a journal: judged as the broker judges them. */

export const START = Date.parse('2026-03-01T08:00:00.000Z')
export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const time = (ms: number): string => new Date(ms).toISOString()

/** What a test says of one reading. */
export interface Told {
  readonly name: string
  /** After {@link START}. */
  readonly hours: number
  readonly kind?: Kind
  readonly values: Partial<Record<QuantityName, number | 'HI' | 'LO'>>
  readonly status?: readonly Status[]
  readonly clock?: 'synced' | 'unknown' | 'device-unset'
}

const KIND_OF: Partial<Record<QuantityName, Kind>> = {
  oxygenSaturation: 'oxygen-saturation',
  pulseRate: 'oxygen-saturation',
  weight: 'weight',
  fev1: 'spirometry',
  glucose: 'glucose',
  bodyTemperature: 'temperature',
  systolic: 'blood-pressure',
}

export function made({ name, hours, kind, values, status = [], clock = 'synced' }: Told): JudgedReading {
  const at = time(START + Math.round(hours * HOUR))
  const first = Object.keys(values)[0] as QuantityName
  const { raw: _, ...whole } = reading(name, {
    id: idOf(name),
    kind: kind ?? KIND_OF[first] ?? 'symptoms',
    values: Object.fromEntries(
      Object.entries(values).map(([quantity, value]) => {
        const { unit, decimals } = QUANTITIES[quantity as QuantityName]
        if (value === 'HI') return [quantity, { absent: 'above-range' as const }]
        if (value === 'LO') return [quantity, { absent: 'below-range' as const }]
        return [quantity, { value: value as number, unit, decimals }]
      }),
    ),
    status: [...status],
    measuredAt: at,
    receivedAt: at,
    clock: { quality: clock },
  })
  const judged = judgedReading(whole, at)
  if (judged === undefined) throw new Error(`${name} is not the citizen's`)
  return judged
}

/** One rule from the beginning on. */
export function ruled(...rules: readonly object[]): RuleTimeline[] {
  return rules.map((raw) => {
    const rule = ruleSchema.parse({ title: 'A rule', ...raw })
    return { id: rule.id, versions: [{ rule, version: 1, from: '' }] }
  })
}

export interface Engine {
  /** Judges a batch, as one commit would. */
  take(readings: readonly JudgedReading[]): void
  /** All episodes by rule, as JSON text; the same text for the same history. */
  text(): string
  episodes(rule?: string): Episode[]
  state(rule: string): FoldState | undefined
  /** Position after which the last batch had its history read; empty: from the beginning. */
  wentBackTo(): string | undefined
  /** Everything through JSON, as after a restart. */
  restart(): void
  /** Judged again from a time on. */
  again(since: string, timelines?: readonly RuleTimeline[]): void
}

/** What was read from JSON once. */
const wasRead = new WeakSet<object>()

/** As read from a disk; what came from there already would come out the same. */
function throughJson<T extends object>(value: T): T {
  if (wasRead.has(value)) return value
  const read = JSON.parse(JSON.stringify(value))
  wasRead.add(read)
  return read
}

const byPosition = (a: JudgedReading, b: JudgedReading): number => (a.position < b.position ? -1 : 1)

/** The engine over maps in memory. */
export function engine(initial: readonly RuleTimeline[]): Engine {
  let timelines = initial
  let stored = new Map<string, JudgedReading>()
  let states = new Map<string, FoldState>()
  let snapshots = new Map<string, Map<string, FoldState>>()
  let found = new Map<string, Map<string, Episode>>()
  /** What lies on a disk, the day before it. */
  let kept = new Map<string, FoldState>()
  let complete = new Set<string>()
  let wentBackTo: string | undefined

  const citizen: CitizenStates = {
    current: (rule) => {
      const state = states.get(rule)
      return state === undefined ? undefined : { state, complete: complete.has(rule) }
    },
    save(rule, state, continued) {
      const old = kept.get(rule)
      if (!continued || old?.position.slice(0, 10) !== state.position.slice(0, 10)) kept.set(rule, state)
      states.set(rule, state)
      complete.add(rule)
    },
    snapshots(rule) {
      const own = snapshots.get(rule) ?? new Map<string, FoldState>()
      snapshots.set(rule, own)
      return {
        before: (position) => {
          const newest = [...own.keys()]
            .filter((key) => key < position)
            .sort()
            .at(-1)
          return newest === undefined ? undefined : own.get(newest)
        },
        positions: () => [...own.keys()],
        put: (state) => void own.set(state.position, state),
        drop: (positions) => {
          for (const position of positions) own.delete(position)
        },
      }
    },
    episodesAfter: (rule, base, open) =>
      [...(found.get(rule) ?? [])]
        .filter(([key]) => key > base || key === open)
        .map(([, episode]) => ({ alert: 'none', episode })),
  }

  function run(fresh: readonly JudgedReading[], since?: string): void {
    const inOrder = [...stored.values()].sort(byPosition)
    wentBackTo = undefined
    const findings = judge(citizen, {
      timelines,
      fresh: fresh.toSorted(byPosition),
      history: (after) => {
        wentBackTo = after
        return inOrder.filter(({ position }) => position > after)
      },
      ...(since === undefined ? {} : { since }),
    })
    for (const { rule, before, after } of findings) {
      const own = found.get(rule) ?? new Map<string, Episode>()
      found.set(rule, own)
      for (const { episode } of before) own.delete(episodeKey(episode))
      for (const episode of after) own.set(episodeKey(episode), episode)
    }
  }

  const episodes = (rule?: string): Episode[] =>
    (rule === undefined ? [...found.values()] : [found.get(rule) ?? new Map<string, Episode>()]).flatMap((own) =>
      [...own].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, episode]) => episode),
    )
  return {
    take(readings) {
      // The journal stores a reading once; within a batch a repeated one may still come by.
      const fresh = readings.filter(({ id }) => !stored.has(id))
      for (const one of fresh) stored.set(one.id, one)
      if (fresh.length > 0) run(fresh)
    },
    text: () =>
      JSON.stringify(
        [...found.keys()].sort().flatMap((rule) => {
          const all = episodes(rule)
          return all.length === 0 ? [] : [rule, ...all]
        }),
      ),
    episodes,
    state: (rule) => states.get(rule),
    wentBackTo: () => wentBackTo,
    restart() {
      const copy = <T extends object>(map: ReadonlyMap<string, T>): Map<string, T> =>
        new Map([...map].map(([key, value]) => [key, throughJson(value)]))
      stored = copy(stored)
      kept = copy(kept)
      states = copy(kept)
      complete = new Set()
      snapshots = new Map([...snapshots].map(([rule, own]) => [rule, copy(own)]))
      found = new Map([...found].map(([rule, own]) => [rule, copy(own)]))
    },
    again(since, changed) {
      timelines = changed ?? timelines
      run([], since)
    },
  }
}

/** One after another, each in a commit of its own. */
export function play(rules: readonly RuleTimeline[], ...told: readonly Told[]): Engine {
  const one = engine(rules)
  for (const each of told) one.take([made(each)])
  return one
}

/** 'yellow 3 open', 'red 2 closed': level, readings, whether it lasts. */
export const story = (one: Engine, rule?: string): string[] =>
  one
    .episodes(rule)
    .map(({ worst, readings, closedAt, unstable }) =>
      [worst, readings.length, closedAt === undefined ? 'open' : 'closed', ...(unstable ? ['unstable'] : [])].join(' '),
    )
