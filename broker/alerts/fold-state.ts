import { NO_MEMORY } from './assess.ts'
import type { Memory, Severity } from './assessment.ts'
import type { Episode } from './episode.ts'
import type { JudgedReading } from './judged-reading.ts'
import { quantitiesOf, type Rule } from './rule.ts'

/** One version of a rule as it holds for one citizen for a time. */
export interface RuleVersion {
  readonly rule: Rule
  readonly version: number
  /** First moment, ISO 8601. */
  readonly from: string
  /** First moment without; absent: holds on. */
  readonly to?: string
}

/** All versions of one rule of one citizen, oldest first, without overlap. */
export interface RuleTimeline {
  readonly id: string
  readonly versions: readonly RuleVersion[]
}

/** Everything that one rule of one citizen needs to go on from a reading. Small, and plain JSON. */
export interface FoldState {
  /** Of the last reading: `time/id`; empty before the first. */
  readonly position: string
  readonly memory: Memory
  /** What the last readings said, for rules that wait. */
  readonly window: readonly (readonly [at: string, severity: Severity])[]
  /** Readings in a row that would end or lower the episode. */
  readonly calm: number
  /** When it opened and closed within the last 24 hours. */
  readonly changes: readonly string[]
  /** Of an unstable episode: the last reading was inside. */
  readonly inside: boolean
  readonly episode?: Episode
  readonly session?: Session
}

/** The blows of one session of spirometry, canonical values. */
export interface Session {
  readonly startedAt: string
  readonly blows: number
  readonly best?: number
  /** The best of those that can't be trusted. */
  readonly bestDoubtful?: number
}

export const EMPTY: FoldState = { position: '', memory: NO_MEMORY, window: [], calm: 0, changes: [], inside: false }

/** The version that holds at a time. */
export function versionAt({ versions }: RuleTimeline, at: string): RuleVersion | undefined {
  return versions.findLast(({ from, to }) => from <= at && (to === undefined || at < to))
}

/** Everything that any version looks at. */
export const watchedBy = ({ versions }: RuleTimeline): ReadonlySet<string> =>
  new Set(versions.flatMap(({ rule }) => quantitiesOf(rule)))

/** True when the reading has anything that is looked at. */
export function concerns(watched: ReadonlySet<string>, { values }: Pick<JudgedReading, 'values'>): boolean {
  for (const name in values) if (watched.has(name)) return true
  return false
}
