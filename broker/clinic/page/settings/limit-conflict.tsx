import type { LimitValues } from '../../shapes.ts'
import { Button } from '../shell/button.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { BOUNDS, limitText, sameLimits } from './limit-draft.ts'
import { markOf } from './limit-sentences.ts'
import { LIMIT_WORDS } from './limit-words.ts'

interface ConflictProps {
  readonly was: LimitValues
  readonly now: LimitValues
  readonly mine: LimitValues
  readonly decimals: number
  readonly take: () => void
}

/** Somebody else saved first: both stand side by side, and what was typed is still in the fields. */
export function LimitConflict({ was, now, mine, decimals, take }: ConflictProps) {
  const say = useWords(LIMIT_WORDS)
  const language = useLanguage()
  const others = sameLimits(was, now)
  const cell = (value: number | undefined) => limitText(value, decimals, markOf(language)) || say('none')
  return (
    <div class="conflict" role="alert">
      <h4>{say('conflictTitle')}</h4>
      <p>{say(others ? 'conflictOthers' : 'conflictThis')}</p>
      {!others && (
        <>
          <table>
            <thead>
              <tr>
                <td />
                <th scope="col">{say('conflictNow')}</th>
                <th scope="col">{say('conflictMine')}</th>
              </tr>
            </thead>
            <tbody>
              {BOUNDS.map((bound) => (
                <tr key={bound} class={now[bound] === mine[bound] ? 'same' : 'other'}>
                  <th scope="row">{say(bound)}</th>
                  <td>{cell(now[bound])}</td>
                  <td>{cell(mine[bound])}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <Button onClick={take}>{say('conflictTake')}</Button>
        </>
      )}
    </div>
  )
}
