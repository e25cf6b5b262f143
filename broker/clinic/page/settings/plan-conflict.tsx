import type { Plan } from '../../../alerts/plan/plan.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import type { PlanBody } from './plan-draft.ts'
import { planSentence, termsOf } from './plan-sentence.ts'
import { PLAN_WORDS } from './plan-words.ts'

interface ConflictProps {
  /** The newest version of this kind's plan as it is now; undefined when there is none. */
  readonly now: Plan | undefined
  readonly before: readonly Plan[]
  readonly mine: PlanBody | undefined
}

/** Somebody else saved first: what holds now and the draft, both in words. */
export function PlanConflict({ now, before, mine }: ConflictProps) {
  const say = useWords(PLAN_WORDS)
  const language = useLanguage()
  const same = JSON.stringify(before.at(-1)) === JSON.stringify(now)
  return (
    <div class="conflict" role="alert">
      <p>{say(same ? 'conflictOthers' : 'conflict')}</p>
      {!same && (
        <dl>
          <dt>{say('conflictNow')}</dt>
          <dd>
            {now === undefined ? say('none') : `${planSentence(now.phases, language)} ${termsOf(now, language)}`}
            {now !== undefined && <span class="soft">{` · ${now.author} · ${now.reason}`}</span>}
          </dd>
          {mine !== undefined && (
            <>
              <dt>{say('conflictMine')}</dt>
              <dd>{`${planSentence(mine.phases, language)} ${termsOf(mine, language)}`}</dd>
            </>
          )}
        </dl>
      )}
    </div>
  )
}
