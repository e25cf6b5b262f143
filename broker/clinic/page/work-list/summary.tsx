import { Shape } from '../shell/badge.tsx'
import { Button } from '../shell/button.tsx'
import { useWords } from '../shell/language.ts'
import { When } from '../shell/when.tsx'
import { WORDS } from './words.ts'
import type { WorkState } from './work-store.ts'

interface SummaryProps {
  readonly state: WorkState
  /** Changes that are held back. */
  readonly waiting: number
  readonly onShow: () => void
}

const COUNTED = ['red', 'yellow', 'blue', 'unknown'] as const

/** How many of each, whether it is true, and what waits to be shown: always in sight, and of one height. */
export function Summary({ state: { list, stale, trueAt }, waiting, onShow }: SummaryProps) {
  const say = useWords(WORDS)
  return (
    <div class="summary">
      <h1>{say('title')}</h1>
      {list !== undefined && (
        <ul class="counts">
          {COUNTED.map((standing) => (
            <li key={standing} class={list.counts[standing] > 0 ? standing : 'none'}>
              <Shape standing={standing} /> <strong>{list.counts[standing]}</strong> {say(standing)}
            </li>
          ))}
          <li class="none">
            <strong>{list.counts.paused}</strong> {say('pausedCount')}
          </li>
          <li class="none">
            <Shape standing="calm" /> <strong>{list.calm}</strong> {say('calm')}
          </li>
        </ul>
      )}
      <div class="now">
        <p class="trouble" role="alert">
          {stale && trueAt !== undefined && (
            <>
              {say('stale')} <When at={trueAt} how="absolute" />
            </>
          )}
        </p>
        <div role="status">
          {waiting > 0 && (
            <Button look="main" onClick={onShow}>
              {waiting} {say(waiting === 1 ? 'change' : 'changes')}
            </Button>
          )}
        </div>
      </div>
    </div>
  )
}
