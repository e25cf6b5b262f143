import { isQuantity, KIND_CODES, QUANTITIES } from '../../device-drivers/quantities.ts'
import { isNumber, isTrustworthy, KINDS, type Kind, type Reading, type Value } from '../../device-drivers/reading.ts'
import { isOfTheCitizen } from '../alerts/judged-reading.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import { flagsOf } from './flags.ts'
import type { Latest } from './shapes.ts'

/**
 * The newest value of each quantity, with the way to it. Kept in memory by citizen, since each look at the work list
 * asks for hundreds of them, and forgotten with the citizen's next reading.
 */
export interface LatestValues {
  /** The newest of each quantity in each kind; in no order. Reads the journal when it is not in memory: about 1 ms. */
  of(citizen: string): readonly Latest[]
  isKnown(citizen: string): boolean
}

const DAY_MS = 24 * 3600_000
const TREND_DAYS = 14
const TREND_POINTS = 30
/** Two points of a trend lie further apart than two readings of a sensor that measures each five minutes. */
const READ_OF_A_KIND = 2 * TREND_POINTS
/** Of a kind that was not measured for two weeks: so many are looked at for one with a result. */
const READ_OF_AN_OLD_KIND = 5
/** About 10 kB each. */
const MAX_CITIZENS = 2_000
/** A trend that nothing was added to still moves. */
const KEPT_MS = 12 * 3600_000

interface Stored {
  readonly reading: Reading
  readonly late: boolean
}

/** When it happened: a clock that runs ahead does not make a reading the newest for ever. */
const happened = ({ reading: { measuredAt, receivedAt } }: Stored): string =>
  measuredAt < receivedAt ? measuredAt : receivedAt

/** A result: a number, or that it lies beyond what the device can measure. An attempt without one is none. */
const isResult = (value: Value): boolean =>
  isNumber(value) || value.absent === 'above-range' || value.absent === 'below-range'

/** Evenly thinned; the newest stays. */
function thinned<T>(points: readonly T[], atMost: number): readonly T[] {
  if (points.length <= atMost) return points
  const step = (points.length - 1) / (atMost - 1)
  return Array.from({ length: atMost }, (_, index) => points[Math.round(index * step)] as T)
}

function latestOf(quantity: string, newest: Stored, points: readonly (readonly [at: number, value: number])[]): Latest {
  const { kind, values, measuredAt, device, driver, site } = newest.reading
  const value = values[quantity] as Value
  const about = isQuantity(quantity) ? QUANTITIES[quantity] : undefined
  const trend = thinned(points, TREND_POINTS)
  return {
    quantity,
    kind,
    ...(isNumber(value) ? { value: value.value } : { absent: value.absent }),
    unit: value.unit ?? about?.unit ?? '1',
    decimals: isNumber(value) ? value.decimals : (about?.decimals ?? 0),
    measuredAt,
    device,
    driver,
    ...(site === undefined ? {} : { site }),
    flags: flagsOf(newest.reading, newest.late),
    trend: { at: trend.map(([at]) => at), value: trend.map(([, value]) => value) },
  }
}

/**
 * The newest of each quantity of one kind. Doubtful values are not in the trend: one of them would be all that is seen
 * of it.
 * @param stored in any order @param since first moment of the trend, ISO 8601
 */
export function latestOfKind(stored: readonly Stored[], since: string): Latest[] {
  const inOrder = stored
    .filter(({ reading }) => isOfTheCitizen(reading))
    .toSorted((a, b) => (happened(a) < happened(b) ? -1 : 1))
  const newest = new Map<string, Stored>()
  for (const one of inOrder) {
    for (const [quantity, value] of Object.entries(one.reading.values)) if (isResult(value)) newest.set(quantity, one)
  }
  return [...newest].map(([quantity, one]) => {
    const { unit } = one.reading.values[quantity] ?? {}
    const points = inOrder.flatMap(({ reading }): (readonly [number, number])[] => {
      const value = reading.values[quantity]
      const fits = isNumber(value) && value.unit === unit && isTrustworthy(reading.status)
      return fits && reading.measuredAt >= since ? [[Date.parse(reading.measuredAt), value.value]] : []
    })
    return latestOf(quantity, one, points)
  })
}

/** How many a person sees of somebody at once. */
const SHOWN_AT_ONCE = 6

/** What a person looks at first of a kind; of blood pressure both numbers. */
const firstOf = (kind: Kind): readonly string[] =>
  kind === 'blood-pressure' ? KIND_CODES[kind].quantities.slice(0, 2) : KIND_CODES[kind].quantities.slice(0, 1)

const newestFirst = (a: Latest, b: Latest): number => (a.measuredAt < b.measuredAt ? 1 : -1)

/** Of each quantity the newest, whatever kind it came with. @param values of the kinds that may be seen */
export function newestByQuantity(values: readonly Latest[]): Latest[] {
  const newest = new Map<string, Latest>()
  for (const latest of values.toSorted(newestFirst)) {
    if (!newest.has(latest.quantity)) newest.set(latest.quantity, latest)
  }
  return [...newest.values()]
}

/** The few to be shown beside alerts: their quantities first, then what is looked at first of each kind. */
export function chosen(values: readonly Latest[], alerted: readonly string[]): Latest[] {
  const known = newestByQuantity(values)
  const kinds = KINDS.filter((kind) => values.some((latest) => latest.kind === kind))
  const wanted = [...new Set([...alerted, ...kinds.flatMap(firstOf)])]
  return wanted.flatMap((name) => known.find(({ quantity }) => quantity === name) ?? []).slice(0, SHOWN_AT_ONCE)
}

export function openLatest(journal: Journal, clock: { now(): number }): LatestValues {
  const sql = (text: string) => journal.database.prepare(text)
  const selectLog = sql(
    'SELECT l.position, r.citizen FROM clinical_log l JOIN readings r ON r.cursor = l.reading WHERE l.position > ?',
  )
  const selectLast = sql('SELECT max(position) AS last FROM clinical_log')
  const countRecent = sql('SELECT count(*) AS n FROM readings WHERE citizen = ? AND kind = ? AND measured_at >= ?')
  // The numbers come from the index alone; only the rows that stay are read.
  const selectRecent = sql(
    `SELECT late, payload FROM readings WHERE cursor IN (SELECT cursor FROM (
       SELECT cursor, row_number() OVER (ORDER BY measured_at DESC) - 1 AS n FROM readings
       WHERE citizen = ? AND kind = ? AND measured_at >= ?) WHERE n % ? = 0)`,
  )
  const selectOld = sql(
    `SELECT late, payload FROM readings WHERE citizen = ? AND kind = ?
     ORDER BY measured_at DESC LIMIT ${READ_OF_AN_OLD_KIND}`,
  )
  const known = new Map<string, { readonly madeAt: number; readonly values: readonly Latest[] }>()
  let position = Number(selectLast.get()?.['last'] ?? 0)

  const storedOf = (row: Record<string, unknown>): Stored => ({
    reading: JSON.parse(String(row['payload'])) as Reading,
    late: row['late'] === 1,
  })

  function read(citizen: string): readonly Latest[] {
    const since = isoTime(clock.now() - TREND_DAYS * DAY_MS)
    return KINDS.flatMap((kind) => {
      const count = Number(countRecent.get(citizen, kind, since)?.['n'])
      const step = Math.ceil(count / READ_OF_A_KIND)
      const rows = count === 0 ? selectOld.all(citizen, kind) : selectRecent.all(citizen, kind, since, step)
      return latestOfKind(rows.map(storedOf), since)
    })
  }

  function forgetOutdated(): void {
    const last = Number(selectLast.get()?.['last'] ?? 0)
    if (last === position) return
    for (const row of selectLog.iterate(position)) known.delete(String(row['citizen']))
    position = last
  }

  function remembered(citizen: string) {
    forgetOutdated()
    const found = known.get(citizen)
    return found !== undefined && clock.now() - found.madeAt < KEPT_MS ? found : undefined
  }

  return {
    isKnown: (citizen) => remembered(citizen) !== undefined,
    of(citizen) {
      const found = remembered(citizen)
      if (found !== undefined) return found.values
      const values = read(citizen)
      const [oldest] = known.keys()
      if (known.size >= MAX_CITIZENS && oldest !== undefined) known.delete(oldest)
      known.set(citizen, { madeAt: clock.now(), values })
      return values
    },
  }
}
