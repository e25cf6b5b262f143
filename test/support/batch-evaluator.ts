/**
 * The four-level rule, written from its words and not from the broker's code, over a finished list: what episodes must
 * a broker have that stored these acts, in whatever order? Beyond a warning limit is yellow, beyond an alert limit red;
 * at the limit is not beyond it. A doubtful act makes yellow at most and calms nothing. An act within all limits ends
 * the episode, if it can be trusted. More than six beginnings and ends within 24 hours: the episode is unstable, and
 * ends only when there was none for 24 hours.
 */

export interface Act {
  readonly citizen: string
  /** Names the record; of two acts of the same moment the lower one was first. */
  readonly key: string
  readonly id: string
  /** ISO time of measuring. */
  readonly at: string
  readonly values: Readonly<Record<string, number>>
  readonly doubtful: boolean
}

export interface LimitSet {
  readonly citizen: string
  readonly quantity: string
  readonly alertLow?: number
  readonly warningLow?: number
  readonly warningHigh?: number
  readonly alertHigh?: number
}

export interface Episode {
  readonly citizen: string
  readonly quantity: string
  readonly openedAt: string
  closedAt: string | undefined
  /** As it is, or as it was when it ended. */
  red: boolean
  /** Ever. */
  wasRed: boolean
  unstable: boolean
  /** Records of the episode in order of time, the one that ended it included; the newest 20. */
  keys: string[]
}

const KEPT = 20
const MOST_CHANGES = 6
const DAY_MS = 86_400_000

/** 0: within. 1: beyond a warning limit. 2: beyond an alert limit. */
function severity(value: number, limit: LimitSet): number {
  if (value < (limit.alertLow ?? -Infinity) || value > (limit.alertHigh ?? Infinity)) return 2
  return value < (limit.warningLow ?? -Infinity) || value > (limit.warningHigh ?? Infinity) ? 1 : 0
}

function episodesUnder(limit: LimitSet, acts: readonly Act[]): Episode[] {
  const all: Episode[] = []
  let episode: Episode | undefined
  let outside = false
  let crossings: number[] = []
  for (const act of acts) {
    const value = act.values[limit.quantity]
    if (value === undefined || act.citizen !== limit.citizen) continue
    const found = severity(value, limit)
    if (found === 0 && (act.doubtful || episode === undefined)) continue
    const time = Date.parse(act.at)
    if (outside !== found > 0) crossings = [...crossings.filter((then) => then > time - DAY_MS), time]
    outside = found > 0
    const restless = crossings.length > MOST_CHANGES
    if (episode === undefined) {
      const red = found === 2 && !act.doubtful
      const { citizen, at } = act
      episode = {
        citizen,
        quantity: limit.quantity,
        openedAt: at,
        closedAt: undefined,
        red,
        wasRed: red,
        unstable: restless,
        keys: [act.key],
      }
      all.push(episode)
      continue
    }
    if (found === 0) {
      episode.unstable ||= restless
      if (episode.unstable && time - (crossings.at(-1) ?? time) < DAY_MS) continue
      if (episode.unstable) crossings = []
      episode.closedAt = act.at
    } else if (!act.doubtful) {
      episode.red = found === 2
      episode.wasRed ||= episode.red
    }
    episode.keys = [...episode.keys, act.key].slice(-KEPT)
    if (found === 0) episode = undefined
  }
  return all
}

/** @param acts in any order @returns episodes of each limit in order of opening */
export function episodesOf(acts: readonly Act[], limits: readonly LimitSet[]): Episode[] {
  const ordered = acts.toSorted((a, b) => (`${a.at} ${a.id}` < `${b.at} ${b.id}` ? -1 : 1))
  return limits.flatMap((limit) => episodesUnder(limit, ordered))
}
