/**
 * The four-level rule, written from its words and not from the broker's code, over a finished list: what episodes must
 * a broker have that stored these acts in this order? Beyond a warning limit is yellow, beyond an alert limit red; at
 * the limit is not beyond it. A doubtful act makes yellow at most. An act within all limits closes, if it can be
 * trusted. An act older than one already judged may open or raise, and never lowers or closes.
 */

export interface Act {
  readonly citizen: string
  readonly kind: string
  /** Names the record. */
  readonly key: string
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
  readonly kind: string
  readonly openedAt: string
  closedAt: string | undefined
  red: boolean
  /** Records of the episode in order of storing, the one that closed it included; the newest 20. */
  keys: string[]
}

const KEPT = 20

/** 0: within. 1: beyond a warning limit. 2: beyond an alert limit. */
function severity(act: Act, limits: readonly LimitSet[]): number {
  let worst = 0
  for (const limit of limits) {
    const value = act.values[limit.quantity]
    if (limit.citizen !== act.citizen || value === undefined) continue
    if (value < (limit.warningLow ?? -Infinity) || value > (limit.warningHigh ?? Infinity)) worst = Math.max(worst, 1)
    if (value < (limit.alertLow ?? -Infinity) || value > (limit.alertHigh ?? Infinity)) worst = 2
  }
  return worst
}

/** @param acts in order of storing @returns episodes in order of opening */
export function episodesOf(acts: readonly Act[], limits: readonly LimitSet[]): Episode[] {
  const all: Episode[] = []
  const open = new Map<string, Episode>()
  const newest = new Map<string, string>()
  for (const act of acts) {
    const watch = `${act.citizen} ${act.kind}`
    const old = act.at < (newest.get(watch) ?? '')
    if (!old) newest.set(watch, act.at)
    const found = severity(act, limits)
    let episode = open.get(watch)
    if (found === 0) {
      if (episode === undefined || act.doubtful || old) continue
      episode.closedAt = act.at
      open.delete(watch)
    } else if (episode === undefined) {
      const { citizen, kind, at } = act
      episode = { citizen, kind, openedAt: at, closedAt: undefined, red: found === 2 && !act.doubtful, keys: [] }
      open.set(watch, episode)
      all.push(episode)
    } else if (!act.doubtful) {
      episode.red = found === 2 || (episode.red && old)
    }
    episode.keys = [...episode.keys, act.key].slice(-KEPT)
  }
  return all
}
