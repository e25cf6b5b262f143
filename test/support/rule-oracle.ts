/**
 * Rules against a person's own past, scores and answers, written from their words and slowly: each reading is judged
 * by looking through the whole list before it. Nothing here remembers anything but the episodes it has found.
 */

export interface Seen {
  /** ms since 1970. */
  readonly at: number
  readonly id: string
  readonly values: Readonly<Record<string, number>>
  readonly doubtful: boolean
  readonly uncertain: boolean
}

/** A stretch found: ms of its beginning and end, and whether it ever was red. */
export interface Stretch {
  readonly from: number
  to: number | undefined
  red: boolean
}

/** Severity of reading `n` of the list: undefined when it says nothing. `calm` are those in which nothing was wrong. */
export type Verdict = (list: readonly Seen[], n: number, calm: readonly Seen[]) => 0 | 1 | 2 | undefined

const DAY = 86_400_000
const dayOf = (at: number): number => Math.floor(at / DAY)
const middle = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2
}
/** Decimal arithmetic of home measurements has at most three decimals. */
const same = (value: number): number => Math.round(value * 1e6) / 1e6

/**
 * Stretches under a verdict: beyond begins or goes on, within ends it, a doubtful one is yellow at most and ends
 * nothing. More than six beginnings and ends in 24 hours: it goes on until there was none for 24 hours.
 */
export function stretches(list: readonly Seen[], verdict: Verdict): Stretch[] {
  const found: Stretch[] = []
  const calm: Seen[] = []
  let open: Stretch | undefined
  let unstable = false
  let outside = false
  let turns: number[] = []
  list.forEach((seen, n) => {
    const said = verdict(list, n, calm)
    if (open === undefined && (said === undefined || said === 0) && !seen.doubtful && !seen.uncertain) calm.push(seen)
    if (said === undefined || (said === 0 && (seen.doubtful || open === undefined))) return
    if (outside !== said > 0) turns = [...turns.filter((turn) => turn > seen.at - DAY), seen.at]
    outside = said > 0
    const red = said === 2 && !seen.doubtful
    if (open === undefined) {
      open = { from: seen.at, to: undefined, red }
      unstable = turns.length > 6
      found.push(open)
    } else if (said > 0) open.red ||= red
    else {
      unstable ||= turns.length > 6
      if (unstable && seen.at - (turns.at(-1) ?? 0) < DAY) return
      if (unstable) turns = []
      open.to = seen.at
      open = undefined
    }
  })
  return found
}

interface Days {
  readonly day: number
  readonly value: number
  readonly count: number
}

/** Medians of whole days before this one. */
function daily(calm: readonly Seen[], quantity: string, before: number): Days[] {
  const days = new Map<number, number[]>()
  for (const seen of calm) {
    const value = seen.values[quantity]
    if (value !== undefined && dayOf(seen.at) < before)
      days.set(dayOf(seen.at), [...(days.get(dayOf(seen.at)) ?? []), value])
  }
  return [...days].map(([day, values]) => ({ day, value: middle(values), count: values.length }))
}

const enough = (days: readonly Days[]): boolean => days.reduce((sum, { count }) => sum + count, 0) >= 7

/** The first fourteen days, or as long as it takes to have seven readings; settled by the next stable day. */
function enrolment(days: readonly Days[], today: number): number | undefined {
  const first = days[0]?.day
  if (first === undefined) return undefined
  for (let n = 1; n <= days.length; n++) {
    const next = days[n]?.day ?? today
    if (next - first >= 14 && enough(days.slice(0, n))) return middle(days.slice(0, n).map(({ value }) => value))
  }
  return undefined
}

/** A fall of at least so many points below the median of the last 28 stable days, or below that of enrolment. */
export function fall(quantity: string, yellow: number, red: number): Verdict {
  // The day on which an open stretch began: what is normal stands still from there.
  let since: number | undefined
  return (list, n, calm) => {
    const seen = list[n]
    const value = seen?.values[quantity]
    if (seen === undefined || value === undefined) return undefined
    const frozen = calm.at(-1) !== undefined && since !== undefined
    const today = frozen && since !== undefined ? since : dayOf(seen.at)
    const days = daily(calm, quantity, today)
    const normal = enough(days.slice(-28)) ? middle(days.slice(-28).map((day) => day.value)) : undefined
    const base = [normal, enrolment(days, today)].filter((one) => one !== undefined)
    if (base.length === 0) return undefined
    const drop = same(Math.max(...base) - value)
    const said = drop >= red ? 2 : drop >= yellow ? 1 : 0
    if (said > 0) since ??= today
    else if (!seen.doubtful) since = undefined
    return said
  }
}

/** A gain of at least so much above the lowest that could be trusted within the days before (and half a day). */
export function gain(
  quantity: string,
  windows: readonly { readonly days: number; readonly level: 1 | 2; readonly by: number }[],
): Verdict {
  return (list, n) => {
    const seen = list[n]
    const value = seen?.values[quantity]
    if (seen === undefined || value === undefined) return undefined
    const said = windows.flatMap(({ days, level, by }) => {
      const earlier = list.slice(0, n).flatMap((one) => {
        const known = one.values[quantity]
        return known === undefined || one.doubtful || one.uncertain || one.at < seen.at - (days + 0.5) * DAY
          ? []
          : [known]
      })
      if (earlier.length === 0) return []
      return [same(value - Math.min(...earlier)) >= by ? level : 0]
    })
    return said.length === 0 ? undefined : (Math.max(...said) as 0 | 1 | 2)
  }
}

/** Breathlessness alone is yellow; with a saturation below 90 within the hours before it is red. */
export function breathless(hours: number): Verdict {
  return (list, n) => {
    const seen = list[n]
    if (
      seen === undefined ||
      (seen.values['breathlessness'] === undefined && seen.values['oxygenSaturation'] === undefined)
    )
      return undefined
    const newest = (quantity: string) => list.slice(0, n + 1).findLast((one) => one.values[quantity] !== undefined)
    const recent = (quantity: string) => {
      const one = newest(quantity)
      return one !== undefined && one.at >= seen.at - hours * 3_600_000 ? one.values[quantity] : undefined
    }
    if ((recent('breathlessness') ?? 0) < 1) return 0
    return (recent('oxygenSaturation') ?? 100) < 90 ? 2 : 1
  }
}
