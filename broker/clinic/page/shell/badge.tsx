import type { Level } from '../../../contract/alert.ts'
import type { Standing } from '../../shapes.ts'
import { useLanguage } from './language.ts'
import { STANDING_WORDS } from './standing-words.ts'

/** Each standing has a shape of its own: nobody has to tell red from yellow by colour (WCAG 2.2, 1.4.1). */
const SHAPES: Readonly<Record<Standing | 'calm', string>> = {
  // octagon
  red: 'M5 1h6l4 4v6l-4 4H5l-4-4V5z',
  // triangle
  yellow: 'M8 1l7.5 14H.5z',
  // ring
  blue: 'M8 1a7 7 0 1 0 0 14A7 7 0 1 0 8 1zm0 4a3 3 0 1 1 0 6 3 3 0 1 1 0-6z',
  // diamond
  unknown: 'M8 .5L15.5 8 8 15.5.5 8z',
  // tick
  calm: 'M1.5 8.5l2-2L6.5 9.5l6-6 2 2-8 8z',
}

/** How somebody stands, or how bad an alert is: word and shape, and the colour beside them. */
export function Badge({ standing }: { readonly standing: Standing | Level | 'calm' }) {
  const language = useLanguage()
  return (
    <span class={`badge ${standing}`}>
      <Shape standing={standing} />
      {STANDING_WORDS[standing][language]}
    </span>
  )
}

/** The shape alone, where a word stands beside it. */
export function Shape({ standing }: { readonly standing: Standing | 'calm' }) {
  return (
    <svg class={`shape ${standing}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d={SHAPES[standing]} fill="currentColor" />
    </svg>
  )
}
