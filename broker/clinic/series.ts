import { isQuantity, KIND_CODES, QUANTITIES } from '../../device-drivers/quantities.ts'
import { isNumber, KINDS, type Kind, type Reading, type Value } from '../../device-drivers/reading.ts'
import { isOfTheCitizen } from '../alerts/judged-reading.ts'
import type { Journal } from '../store/journal.ts'
import { flagsOf } from './flags.ts'
import { reduced } from './reduced.ts'
import { FLAG_BITS, type Series, type SeriesAnswer } from './shapes.ts'

/**
 * A citizen's quantities over time, from the journal: the time series knows numbers and no flags, and may be a database
 * that is away.
 */
export type ReadSeries = (
  citizen: string,
  kinds: readonly Kind[],
  /** ISO 8601 UTC, inclusive. */
  from: string,
  /** Exclusive. */
  to: string,
) => Promise<{ readonly answer: SeriesAnswer; readonly readings: number }>

/** Rows read at once, about 4 ms: what an alert waits for behind it. A year of one citizen is ten of them. */
const AT_ONCE = 500

/** One point on its way into columns. */
interface Point {
  readonly at: number
  readonly value: number | null
  readonly flags: number
  readonly device: number
}

interface Growing {
  readonly quantity: string
  readonly kind: Kind
  readonly unit: string
  decimals: number
  readonly points: Point[]
}

/** Undefined for an attempt without a result. */
function plotted(value: Value): { readonly value: number | null; readonly bit: number } | undefined {
  if (isNumber(value)) return { value: value.value, bit: 0 }
  if (value.absent === 'above-range' || value.absent === 'below-range') {
    return { value: null, bit: FLAG_BITS[value.absent] }
  }
  return undefined
}

const orderOf = ({ kind, quantity }: Growing): number => {
  const names: readonly string[] = KIND_CODES[kind].quantities
  const place = names.indexOf(quantity)
  return KINDS.indexOf(kind) * 100 + (place < 0 ? names.length : place)
}

function columnsOf({ quantity, kind, unit, decimals, points: all }: Growing): Series {
  const points = reduced(all)
  return {
    quantity,
    kind,
    unit,
    decimals,
    at: points.map(({ at }) => at),
    value: points.map(({ value }) => value),
    flags: points.map(({ flags }) => flags),
    device: points.map(({ device }) => device),
    reduced: points.length < all.length,
  }
}

export function openSeriesOf(journal: Journal): ReadSeries {
  const select = journal.database.prepare(
    `SELECT cursor, measured_at, late, payload FROM readings
     WHERE citizen = ?1 AND kind = ?2 AND measured_at >= ?3 AND measured_at < ?4
       AND (measured_at > ?3 OR cursor > ?5)
     ORDER BY measured_at, cursor LIMIT ${AT_ONCE}`,
  )

  return async (citizen, kinds, from, to) => {
    const series = new Map<string, Growing>()
    const devices = new Map<string, { readonly index: number; readonly device: string; readonly driver: string }>()
    let readings = 0

    function take(reading: Reading, late: boolean): void {
      if (!isOfTheCitizen(reading)) return
      readings += 1
      const { device, driver, kind } = reading
      const name = `${device}/${driver}`
      const known = devices.get(name) ?? { index: devices.size, device, driver }
      devices.set(name, known)
      const bits = flagsOf(reading, late).reduce((sum, flag) => sum + FLAG_BITS[flag], 0)
      const at = Date.parse(reading.measuredAt)
      for (const [quantity, value] of Object.entries(reading.values)) {
        const found = plotted(value)
        if (found === undefined) continue
        // Values of two units are two lines: nothing here converts.
        const unit = value.unit ?? (isQuantity(quantity) ? QUANTITIES[quantity].unit : '1')
        const key = `${kind}/${quantity}/${unit}`
        const growing = series.get(key) ?? { quantity, kind, unit, decimals: 0, points: [] }
        series.set(key, growing)
        if (isNumber(value)) growing.decimals = Math.max(growing.decimals, value.decimals)
        growing.points.push({ at, value: found.value, flags: bits + found.bit, device: known.index })
      }
    }

    for (const kind of kinds) {
      let [after, cursor] = [from, 0]
      for (;;) {
        const rows = select.all(citizen, kind, after, to, cursor)
        for (const row of rows) take(JSON.parse(String(row['payload'])) as Reading, row['late'] === 1)
        const last = rows.at(-1)
        if (last === undefined || rows.length < AT_ONCE) break
        after = String(last['measured_at'])
        cursor = Number(last['cursor'])
        await new Promise<void>((resolve) => setImmediate(resolve))
      }
    }
    const inOrder = [...series.values()].sort((a, b) => orderOf(a) - orderOf(b))
    const answer = {
      from,
      to,
      devices: [...devices.values()].map(({ device, driver }) => ({ device, driver })),
      series: inOrder.map(columnsOf),
    }
    return { answer, readings }
  }
}
