/**
 * One reading out of a live stream. An oximeter or a chest strap sends a value a second for as long as it is worn; a
 * citizen measured once. This reducer decides which samples are the reading: it knows no clock, so times are counted in
 * samples, which the devices send once a second.
 */

export interface LiveSample<T> {
  /** What is kept of the sample: its packet. */
  readonly item: T
  /**
   * final: the device itself says that this is the value. usable: counts towards a stable one. unsettled: still
   * searching, breaks the row. away: nobody there; after {@link AWAY_SAMPLES} the next person measures anew.
   */
  readonly state: 'final' | 'usable' | 'unsettled' | 'away'
  readonly value: number
}

export interface LiveRule {
  /** So many usable samples in a row are looked at. */
  readonly window: number
  /** Usable samples dropped at the start of a row. */
  readonly settle: number
  /** Largest difference within the window; Infinity where rest is not asked for. */
  readonly spread: number
  /** After so many usable samples in a row without rest, the window is taken as it is. */
  readonly patience: number
  /** A row that ends before it is stable still counts from so many samples on. */
  readonly minimum: number
}

/**
 * One packet a second (PLXS 1.0, 3.2). Within one percent either way for 10 s counts as stable; after 60 s, which is
 * how long citizens are asked to sit, an unsteady saturation is taken as questionable rather than not at all.
 */
export const OXIMETRY_RULE: LiveRule = { window: 10, settle: 0, spread: 2, patience: 60, minimum: 5 }

export interface LiveState<T> {
  readonly row: readonly LiveSample<T>[]
  /** Usable samples in this row, also those no longer kept. */
  readonly length: number
  readonly taken: boolean
  readonly away: number
}

/** The samples that are the reading, newest first. `settled` is false when the stream never came to rest. */
export interface Taken<T> {
  readonly items: readonly [T, ...T[]]
  readonly settled: boolean
}

/** A finger that slips is back within two samples; longer, and it is another act of measuring. */
export const AWAY_SAMPLES = 3

export function liveStart<T>(): LiveState<T> {
  return { row: [], length: 0, taken: false, away: 0 }
}

function take<T>(row: readonly LiveSample<T>[], settled: boolean): Taken<T> | undefined {
  const [newest, ...older] = row.map((sample) => sample.item).reverse()
  return newest === undefined ? undefined : { items: [newest, ...older], settled }
}

const spreadOf = (row: readonly LiveSample<unknown>[]): number => {
  const values = row.map((sample) => sample.value)
  return Math.max(...values) - Math.min(...values)
}

/** Pure: the next state, and the reading when this sample completes it. At most one reading until everybody left. */
export function liveStep<T>(
  rule: LiveRule,
  state: LiveState<T>,
  sample: LiveSample<T>,
): { readonly state: LiveState<T>; readonly taken?: Taken<T> } {
  if (sample.state === 'away') {
    const away = state.away + 1
    // A row that ends because the finger leaves is the end of this act of measuring.
    const taken = away === AWAY_SAMPLES ? liveEnd(rule, state) : undefined
    if (away < AWAY_SAMPLES) return { state: { ...state, away } }
    return { state: { ...liveStart<T>(), away }, ...(taken && { taken }) }
  }
  if (state.taken) return { state: { ...state, away: 0 } }
  if (sample.state === 'unsettled') return { state: liveStart() }
  if (sample.state === 'final') {
    const taken = take([sample], true)
    return { state: { row: [], length: 0, taken: true, away: 0 }, ...(taken && { taken }) }
  }
  const broken = state.away > 0
  const length = broken ? 1 : state.length + 1
  const row = [...(broken ? [] : state.row), sample].slice(-rule.window)
  const full = row.length === rule.window && length >= rule.window + rule.settle
  const settled = full && spreadOf(row) <= rule.spread
  if (!settled && length < rule.patience) return { state: { row, length, taken: false, away: 0 } }
  const taken = take(row, settled)
  return { state: { row: [], length: 0, taken: true, away: 0 }, ...(taken && { taken }) }
}

/** The stream ended: what there is of a row that never became stable, if it is long enough. */
export function liveEnd<T>(rule: LiveRule, state: LiveState<T>): Taken<T> | undefined {
  return state.taken || state.length < rule.minimum ? undefined : take(state.row, false)
}
