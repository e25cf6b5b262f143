import type { LimitValues } from '../../shapes.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { BOUNDS, limitText } from './limit-draft.ts'
import { markOf } from './limit-sentences.ts'
import { LIMIT_WORDS } from './limit-words.ts'

/** The four limits of a quantity, from low to high. */
export function FourLimits({ values, decimals }: { readonly values: LimitValues; readonly decimals: number }) {
  const say = useWords(LIMIT_WORDS)
  const language = useLanguage()
  return (
    <dl class="four">
      {BOUNDS.map((bound) => (
        <div key={bound} class={bound}>
          <dt>{say(bound)}</dt>
          <dd>
            {values[bound] === undefined ? (
              <span class="soft">{say('none')}</span>
            ) : (
              <b>{limitText(values[bound], decimals, markOf(language))}</b>
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}
