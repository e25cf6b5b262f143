import { useState } from 'preact/hooks'
import { KIND_CODES } from '../../../../device-drivers/quantities.ts'
import type { Kind } from '../../../../device-drivers/reading.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { kindName } from '../shell/names.ts'
import { AddCard } from './add-card.tsx'
import { PlanCard } from './plan-card.tsx'
import { PLAN_WORDS } from './plan-words.ts'
import type { PlansAnswer } from './plans-answer.ts'
import type { Versioned } from './versioned.ts'

interface SectionProps {
  readonly citizen: string
  readonly plans: Versioned<PlansAnswer>
  readonly mayChange: boolean
  readonly keep: (plans: Versioned<PlansAnswer>) => void
  readonly announce: (text: string) => void
}

const KINDS = Object.keys(KIND_CODES) as Kind[]

/** When the citizen measures, by kind; and an editor for who may change it. */
export function PlanSection({ citizen, plans, mayChange, keep, announce }: SectionProps) {
  const say = useWords(PLAN_WORDS)
  const language = useLanguage()
  const [added, setAdded] = useState<readonly Kind[]>([])
  const all = plans.data.plans
  const shown = KINDS.filter((kind) => added.includes(kind) || all.some((plan) => plan.kind === kind))
  return (
    <section aria-labelledby="plans">
      <h2 id="plans">{say('heading')}</h2>
      {!mayChange && <p class="why">{say('readOnly')}</p>}
      {shown.length === 0 && <p>{say('none')}</p>}
      {shown.map((kind) => (
        <PlanCard
          key={kind}
          citizen={citizen}
          kind={kind}
          all={plans}
          mayChange={mayChange}
          begun={added.includes(kind)}
          keep={keep}
          announce={announce}
        />
      ))}
      {mayChange && (
        <AddCard
          label={say('add')}
          button={say('addButton')}
          choices={KINDS.filter((kind) => !shown.includes(kind)).map((kind) => ({
            name: kind,
            title: kindName(kind, language),
          }))}
          add={(kind) => setAdded([...added, kind])}
        />
      )}
    </section>
  )
}
