import type { Latest } from '../../shapes.ts'
import { formatSpan } from './format.ts'
import type { Language } from './language.ts'
import { useLanguage } from './language.ts'
import { valueText } from './names.ts'

const WIDTH = 96
const HEIGHT = 24
/** The line's own width, and the dot at its end. */
const EDGE = 3

/** Where the values lie in a field of 96 by 24; one alone, or all the same, in the middle. Pure. */
export function pointsOf({ at, value }: Latest['trend']): readonly (readonly [x: number, y: number])[] {
  const low = Math.min(...value)
  const span = Math.max(...value) - low
  const first = at[0] ?? 0
  const time = (at.at(-1) ?? first) - first
  return value.map((one, index) => [
    time === 0 ? WIDTH - EDGE : EDGE + (((at[index] ?? first) - first) / time) * (WIDTH - 2 * EDGE),
    span === 0 ? HEIGHT / 2 : HEIGHT - EDGE - ((one - low) / span) * (HEIGHT - 2 * EDGE),
  ])
}

function words({ quantity, unit, decimals, trend: { at, value } }: Latest, language: Language): string {
  const text = (one: number | undefined) =>
    one === undefined ? '' : valueText(quantity, one, unit, decimals, language)
  const days = formatSpan((at.at(-1) ?? 0) - (at[0] ?? 0), language)
  const [low, high] = [text(Math.min(...value)), text(Math.max(...value))]
  return language === 'da'
    ? `De sidste ${days}: fra ${text(value[0])} til ${text(value.at(-1))}, lavest ${low}, højest ${high}`
    : `The last ${days}: from ${text(value[0])} to ${text(value.at(-1))}, lowest ${low}, highest ${high}`
}

/** The way of a value over the last days: a line for the eye, and the same in words. Nothing for fewer than two values. */
export function Sparkline({ latest }: { readonly latest: Latest }) {
  const language = useLanguage()
  if (latest.trend.value.length < 2) return null
  const points = pointsOf(latest.trend)
  const [x, y] = points.at(-1) ?? [0, 0]
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={words(latest, language)}
    >
      <polyline points={points.map((point) => point.map((n) => n.toFixed(1)).join(',')).join(' ')} fill="none" />
      <circle cx={x} cy={y} r="2.5" />
    </svg>
  )
}
