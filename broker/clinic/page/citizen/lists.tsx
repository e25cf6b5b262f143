import type { Plan } from '../../../alerts/plan/plan.ts'
import type { Overview } from '../../shapes.ts'
import { causeText } from '../shell/causes.ts'
import { formatTime } from '../shell/format.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { kindName } from '../shell/names.ts'
import { Longer } from './longer.tsx'
import { planPeriodText, planText } from './plan-words.ts'
import { timeText } from './point-words.ts'
import { PAGE_WORDS } from './words.ts'

interface ListProps {
  readonly overview: Overview
}

/** What did not come, and why, as far as anybody knows. */
export function Missed({ overview }: ListProps) {
  const language = useLanguage()
  const say = useWords(PAGE_WORDS)
  return (
    <section class="card" aria-labelledby="missed">
      <h2 id="missed">
        {say('missed')} <small>{say('missedOf')}</small>
      </h2>
      <Longer items={overview.missed} none={say('missedNone')}>
        {({ kind, opens, due, state, cause }) => (
          <li key={`${kind}/${opens}`}>
            <p>{`${timeText(opens, language)}–${formatTime(due, language)} · ${kindName(kind, language)}`}</p>
            <p class="soft">{`${state === 'missed' ? say('notMeasured') : say('unsure')}: ${causeText(cause, language)}`}</p>
          </li>
        )}
      </Longer>
    </section>
  )
}

/** When the citizen has agreed to measure. */
export function Plans({ overview }: ListProps) {
  const language = useLanguage()
  const say = useWords(PAGE_WORDS)
  // The answer's shape leaves them open; they have passed planSchema when they were written.
  const plans = overview.plans as unknown as readonly Plan[]
  return (
    <section class="card" aria-labelledby="plan">
      <h2 id="plan">{say('plan')}</h2>
      {plans.length === 0 && <p class="soft">{say('noPlan')}</p>}
      <dl class="plans">
        {plans.map((plan) => {
          const period = planPeriodText(plan, overview.at, language)
          return (
            <div key={`${plan.kind}/${plan.from}`}>
              <dt>{kindName(plan.kind, language)}</dt>
              <dd>
                {planText(plan, language)}
                {period !== '' && <small>{` (${period})`}</small>}
              </dd>
            </div>
          )
        })}
      </dl>
    </section>
  )
}
