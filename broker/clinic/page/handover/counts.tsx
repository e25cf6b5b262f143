import type { WorkList } from '../../shapes.ts'
import { Shape } from '../shell/badge.tsx'
import { useWords } from '../shell/language.ts'
import { WORDS } from './words.ts'

const STANDINGS = ['red', 'yellow', 'blue', 'unknown'] as const

/** How many of each there are. */
export function Counts({ of, title }: { readonly of: WorkList['counts']; readonly title: string }) {
  const say = useWords(WORDS)
  return (
    <p class="open-then">
      {title}:
      {STANDINGS.map((standing) => (
        <span key={standing}>
          <Shape standing={standing} /> {of[standing]} {say(standing)}
        </span>
      ))}
      <span>
        {of.paused} {say('paused')}
      </span>
    </p>
  )
}
