import type { Kind } from '../../device-drivers/reading.ts'
import type { Level } from '../contract/alert.ts'
import { assess, learn } from './assess.ts'
import type { Assessment, Severity } from './assessment.ts'
import { compareLevels, type Episode, MAX_EVIDENCE, MAX_READINGS, worseOf } from './episode.ts'
import type { FoldState, RuleVersion } from './fold-state.ts'
import { DAY_MS, dayOf, type JudgedReading, repeatBy } from './judged-reading.ts'
import { rolledTo } from './normal.ts'
import { waited } from './pending.ts'
import { blown } from './session-blows.ts'

/**
 * One reading further. Pure: readings are taken in the order of (time of measuring, id), so the episodes depend on the
 * readings and the versions of the rule and on nothing else.
 */

const LEVEL: readonly [undefined, Level, Level] = [undefined, 'yellow', 'red']
const levelOf = (severity: Severity): Level => LEVEL[severity] ?? 'yellow'

/** A doubtful value raises yellow at most and asks for a repeat; it never calms anything. */
function gated(assessment: Assessment): Assessment {
  if (assessment.trusted) return assessment
  return { ...assessment, severity: Math.min(1, assessment.severity) as Severity, clear: false }
}

const withKinds = (kinds: readonly Kind[], more: readonly Kind[]): readonly Kind[] =>
  more.every((kind) => kinds.includes(kind)) ? kinds : [...new Set([...kinds, ...more])].sort()

const withReading = (readings: readonly string[], id: string): readonly string[] =>
  [...readings, id].slice(-MAX_READINGS)

interface Told {
  readonly reading: JudgedReading
  readonly version: RuleVersion
  /** After the gate. */
  readonly assessment: Assessment
  /** A doubtful reading was beyond a red limit. */
  readonly repeat: boolean
}

const ruleOf = ({ rule, version }: RuleVersion): Episode['rule'] => ({ id: rule.id, version, title: rule.title })

function opened({ reading, version, assessment, repeat }: Told, level: Level): Episode {
  const { rule } = version
  return {
    rule: ruleOf(version),
    category: rule.category,
    first: reading.id,
    openedAt: reading.at,
    newestAt: reading.at,
    level,
    worst: level,
    kinds: [...assessment.kinds].sort(),
    evidence: assessment.evidence.slice(0, MAX_EVIDENCE),
    readings: [reading.id],
    ...(repeat ? { repeatBy: repeatBy(reading.at) } : {}),
    unstable: false,
    latching: rule.latching,
    horizonHours: rule.horizonHours,
  }
}

/** Beyond again: the episode goes on, perhaps on another level. */
function continued(episode: Episode, told: Told, level: Level): Episode {
  const { reading, version, assessment, repeat } = told
  const { repeatBy: asked, ...rest } = episode
  // Evidence always explains the level: what can't raise or lower it can't replace it either.
  const speaks = compareLevels(levelOf(assessment.severity), level) >= 0
  const until = repeat ? repeatBy(reading.at) : assessment.trusted ? undefined : asked
  return {
    ...rest,
    rule: ruleOf(version),
    latching: version.rule.latching,
    horizonHours: version.rule.horizonHours,
    newestAt: reading.at,
    level,
    worst: worseOf(episode.worst, level),
    kinds: withKinds(episode.kinds, assessment.kinds),
    evidence: speaks ? assessment.evidence.slice(0, MAX_EVIDENCE) : episode.evidence,
    readings: withReading(episode.readings, reading.id),
    ...(until === undefined ? {} : { repeatBy: until }),
  }
}

function ended({ repeatBy: _, ...episode }: Episode, reading: JudgedReading, cause?: string): Episode {
  return {
    ...episode,
    closedAt: reading.at,
    readings: withReading(episode.readings, reading.id),
    ...(cause === undefined ? {} : { cause }),
  }
}

/** Openings and closings of the last 24 hours, this one included. */
function changed(state: FoldState, at: string): readonly string[] {
  const oldest = Date.parse(at) - DAY_MS
  return [...state.changes.filter((time) => Date.parse(time) > oldest), at]
}

const flaps = ({ rule }: RuleVersion, changes: readonly string[]): boolean =>
  rule.category !== 'self-test' && changes.length > rule.flapping

export interface Step {
  readonly state: FoldState
  readonly closed?: Episode
}

function beyond(state: FoldState, told: Told, severity: Severity): Step {
  const { reading, version, assessment } = told
  const { episode } = state
  if (episode === undefined) {
    if (severity === 0) return { state }
    const changes = changed(state, reading.at)
    const next = opened(told, levelOf(severity))
    const unstable = flaps(version, changes)
    return { state: { ...state, calm: 0, inside: false, changes, episode: unstable ? { ...next, unstable } : next } }
  }
  const level = levelOf(Math.max(severity, 1) as Severity)
  const order = assessment.trusted ? compareLevels(level, episode.level) : 0
  const calm = order < 0 ? state.calm + 1 : 0
  const moves = order > 0 || (order < 0 && calm >= version.rule.clear.readings)
  const changes = state.inside ? changed(state, reading.at) : state.changes
  const next = continued(episode, told, moves ? level : episode.level)
  return { state: { ...state, calm: moves ? 0 : calm, inside: false, changes, episode: next } }
}

function within(state: FoldState, told: Told): Step {
  const { reading, version, assessment } = told
  const { episode } = state
  if (episode === undefined || !assessment.trusted) return { state }
  if (!assessment.clear) return { state: { ...state, calm: 0 } }
  const calm = state.calm + 1
  if (calm < version.rule.clear.readings) return { state: { ...state, calm } }
  const changes = state.inside ? state.changes : changed(state, reading.at)
  const last = changes.at(-1) ?? reading.at
  const unstable = episode.unstable || flaps(version, changes)
  if (unstable && Date.parse(reading.at) - Date.parse(last) < DAY_MS) {
    const next = withoutRepeat({ ...episode, unstable })
    return { state: { ...state, calm, changes, inside: true, episode: next } }
  }
  const { episode: _, ...rest } = state
  return {
    state: { ...rest, calm: 0, inside: false, changes: unstable ? [] : changes },
    closed: ended(episode, reading),
  }
}

function withoutRepeat({ repeatBy: _, ...episode }: Episode): Episode {
  return episode
}

/** The rule no longer holds: what it said ends with the next reading. */
function released(state: FoldState, reading: JudgedReading): Step {
  const { episode, ...rest } = state
  if (episode === undefined) return { state }
  return { state: { ...rest, calm: 0, inside: false, window: [] }, closed: ended(episode, reading, 'rule-ended') }
}

/**
 * @param version the one that holds at the time of the reading; undefined when none does
 * @param learning the one whose memory is kept before the rule holds, so that it knows the citizen's normal at once
 */
export function step(
  before: FoldState,
  version: RuleVersion | undefined,
  learning: RuleVersion | undefined,
  reading: JudgedReading,
): Step {
  // The same reading twice is one reading.
  if (reading.position <= before.position) return { state: before }
  const about = version ?? learning
  if (about === undefined || about.rule.kinds?.includes(reading.kind) === false) {
    const state = { ...before, position: reading.position }
    return version === undefined && before.episode !== undefined ? released(state, reading) : { state }
  }
  const { rule } = about
  const blow = blown(rule, before.session, reading)
  // A normal must not follow what is abnormal: it stands still while an episode lasts.
  const frozen = before.episode !== undefined
  const history = frozen ? before.memory.history : rolledTo(before.memory.history, dayOf(reading.at), rule.twoBlows)
  const remembered = history === before.memory.history ? before.memory : { ...before.memory, history }
  const { memory, assessment } = assess(rule, remembered, blow?.reading ?? reading)
  const moved: FoldState = { ...before, position: reading.position, memory }
  const state = blow === undefined ? moved : { ...moved, session: blow.session }
  const stable = !frozen && (assessment === undefined || assessment.severity === 0)
  const learnt: FoldState = stable ? { ...state, memory: learn(rule, memory, reading) } : state
  if (version === undefined) return released(learnt, reading)
  if (assessment === undefined) return { state: learnt }
  if (assessment.severity > 0 && blow !== undefined && !blow.enough) return { state: learnt }
  const told: Told = {
    reading,
    version,
    assessment: gated(assessment),
    repeat: !assessment.trusted && assessment.severity === 2,
  }
  const { window, severity } = waited(rule, learnt.window, reading.at, told.assessment.severity)
  const judged = window === learnt.window ? learnt : { ...learnt, window }
  return told.assessment.severity > 0 ? beyond(judged, told, severity) : within(judged, told)
}
