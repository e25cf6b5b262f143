import { useState } from 'preact/hooks'
import type { Kind } from '../../../../device-drivers/reading.ts'
import type { Plan } from '../../../alerts/plan/plan.ts'
import { Button } from '../shell/button.tsx'
import { now } from '../shell/clock.ts'
import { formatDate } from '../shell/format.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { kindName } from '../shell/names.ts'
import { focusWithin } from './focus.ts'
import { PlanEditor } from './plan-editor.tsx'
import { planSentence, termsOf } from './plan-sentence.ts'
import { PLAN_WORDS } from './plan-words.ts'
import { type PlansAnswer, plansOf } from './plans-answer.ts'
import type { Versioned } from './versioned.ts'

interface CardProps {
  readonly citizen: string
  readonly kind: Kind
  readonly all: Versioned<PlansAnswer>
  readonly mayChange: boolean
  /** Just added: the editor is open. */
  readonly begun: boolean
  readonly keep: (plans: Versioned<PlansAnswer>) => void
  readonly announce: (text: string) => void
}

/** The plan of one kind in words, what comes after it, and the editor below. */
export function PlanCard({ citizen, kind, all, mayChange, begun, keep, announce }: CardProps) {
  const say = useWords(PLAN_WORDS)
  const language = useLanguage()
  const [open, setOpen] = useState(begun)
  const plans = plansOf(all.data, kind)
  const id = `plan-${kind}`
  const name = kindName(kind, language)
  const close = () => {
    setOpen(false)
    focusWithin(id, 'header button')
  }
  return (
    <article class="card plan" id={id} aria-labelledby={`${id}-name`}>
      <header>
        <h3 id={`${id}-name`}>{name}</h3>
        {mayChange && !open && (
          <Button label={`${say('edit')}: ${name}`} onClick={() => setOpen(true)}>
            {say('edit')}
          </Button>
        )}
      </header>
      {plans.length === 0 && <p class="soft">{say('none')}</p>}
      {plans.map((plan) => (
        <PlanWords key={plan.from} plan={plan} later={Date.parse(plan.from) > now()} />
      ))}
      {open && (
        <PlanEditor
          citizen={citizen}
          kind={kind}
          name={name}
          plan={plans.at(-1)}
          all={all}
          close={close}
          keep={keep}
          announce={announce}
        />
      )}
    </article>
  )
}

function PlanWords({ plan, later }: { readonly plan: Plan; readonly later: boolean }) {
  const language = useLanguage()
  const say = useWords(PLAN_WORDS)
  const { author, reason, from } = plan
  const quote = language === 'da' ? `»${reason}«` : `“${reason}”`
  return (
    <div class="told">
      <p>
        {later && <b>{`${say('later')} ${formatDate(from, language)}: `}</b>}
        {planSentence(plan.phases, language)}
      </p>
      <p class="soft origins">{`${termsOf(plan, language)} · ${author}, ${formatDate(from, language)} · ${quote}`}</p>
    </div>
  )
}
