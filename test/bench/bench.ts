/** What every benchmark returns, how it is judged and how it is printed. */

export interface Limit {
  readonly figure: string
  readonly atMost?: number
  readonly atLeast?: number
}

export interface BenchResult {
  readonly figures: Readonly<Record<string, number>>
  readonly limits: readonly Limit[]
  readonly conditions: Readonly<Record<string, string | number | boolean>>
}

export interface BenchOptions {
  readonly seed: number
  readonly secs?: number
  readonly onProgress: (text: string) => void
}

export type Bench = (options: BenchOptions) => Promise<BenchResult>

/** A figure that was never measured breaks its limit. */
export function isWithin(figures: BenchResult['figures'], limit: Limit): boolean {
  const value = figures[limit.figure]
  if (value === undefined || Number.isNaN(value)) return false
  return value <= (limit.atMost ?? Number.POSITIVE_INFINITY) && value >= (limit.atLeast ?? Number.NEGATIVE_INFINITY)
}

function limitText(limit: Limit | undefined): string {
  if (limit === undefined) return ''
  const most = limit.atMost === undefined ? '' : ` <= ${limit.atMost}`
  const least = limit.atLeast === undefined ? '' : ` >= ${limit.atLeast}`
  return `limit${least}${most}`
}

export function report(name: string, result: BenchResult): string {
  const rows = Object.entries(result.figures).map(([figure, value]) => {
    const limit = result.limits.find((l) => l.figure === figure)
    const verdict = limit === undefined ? '' : isWithin(result.figures, limit) ? 'ok  ' : 'PAST'
    return `  ${figure.padEnd(34)} ${String(Math.round(value * 1000) / 1000).padStart(12)}  ${verdict} ${limitText(limit)}`
  })
  const conditions = Object.entries(result.conditions).map(([key, value]) => `  ${key}: ${value}`)
  return [name, ...rows, 'conditions', ...conditions].join('\n')
}

/** @param sorted ascending; @param p 0..1 (nearest rank) */
export function percentile(sorted: readonly number[], p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN
}
