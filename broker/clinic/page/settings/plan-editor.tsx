import { useRef, useState } from 'preact/hooks'
import type { Kind } from '../../../../device-drivers/reading.ts'
import type { Plan } from '../../../alerts/plan/plan.ts'
import { Button } from '../shell/button.tsx'
import { now } from '../shell/clock.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { addDays, dateText } from '../shell/local-time.ts'
import { useUnsaved } from '../shell/unsaved.ts'
import { focusWithin } from './focus.ts'
import { PhaseFields } from './phase-fields.tsx'
import { PlanConflict } from './plan-conflict.tsx'
import { draftOfPlan, newPhase, type PhaseDraft, type PlanDraft, readPlan } from './plan-draft.ts'
import { PlanPreview } from './plan-preview.tsx'
import { planProblems, strayProblems } from './plan-problems.ts'
import { PlanTerms } from './plan-terms.tsx'
import { PLAN_WORDS } from './plan-words.ts'
import { type PlansAnswer, plansOf } from './plans-answer.ts'
import { usePreview } from './use-preview.ts'
import { useSaving } from './use-saving.ts'
import type { Versioned } from './versioned.ts'
import { Withdrawal } from './withdrawal.tsx'

const MAX_PHASES = 20

interface EditorProps {
  readonly citizen: string
  readonly kind: Kind
  readonly name: string
  /** The newest version; undefined for a kind that has no plan. */
  readonly plan: Plan | undefined
  readonly all: Versioned<PlansAnswer>
  readonly close: () => void
  readonly keep: (plans: Versioned<PlansAnswer>) => void
  readonly announce: (text: string) => void
}

/** A new version of one kind's plan, with the days that it would expect beside it. */
export function PlanEditor({ citizen, kind, name, plan, all, close, keep, announce }: EditorProps) {
  const say = useWords(PLAN_WORDS)
  const language = useLanguage()
  const id = `edit-plan-${kind}`
  const tomorrow = addDays(dateText(now()), 1)
  const [draft, setDraft] = useState<PlanDraft>(() => draftOfPlan(plan, tomorrow))
  const [tried, setTried] = useState(false)
  const [ending, end] = useState(false)
  const begun = useRef(draft)
  useUnsaved(draft !== begun.current)
  const keys = useRef(draft.phases.length)
  const look = `/v1/citizens/${encodeURIComponent(citizen)}/plans` as const
  const path = `${look}/${kind}` as const
  const saving = useSaving<PlansAnswer>({ path, look, seen: all.etag, keep, before: all.data })
  const { body, problems } = readPlan(draft)
  const preview = usePreview(`${path}/preview`, body)
  const wrong = planProblems({
    read: problems,
    broker: { ...preview.fields, ...saving.fields },
    draft,
    tried,
    language,
  })

  const change = (next: PlanDraft) => {
    setDraft(next)
    saving.forget()
  }
  const put = (at: number, phase: PhaseDraft) =>
    change({ ...draft, phases: draft.phases.map((one, index) => (index === at ? phase : one)) })
  const addPhase = () => {
    change({ ...draft, phases: [...draft.phases, newPhase(keys.current)] })
    keys.current++
    focusWithin(id, `#${id}-${draft.phases.length}-type`)
  }
  const save = async (event: Event) => {
    event.preventDefault()
    setTried(true)
    const fine = body !== undefined && body.reason !== '' && Object.keys(preview.fields).length === 0
    const outcome = fine ? await saving.send('PUT', body) : 'refused'
    if (outcome === 'refused') focusWithin(id, '[aria-invalid=true]')
    if (outcome !== 'saved') return
    announce(`${name}: ${say('saved')}`)
    close()
  }
  const stray = strayProblems(wrong)

  return (
    <div class="editor" id={id}>
      <form noValidate onSubmit={save} aria-label={`${say('edit')}: ${name}`}>
        {saving.conflict !== undefined && (
          <PlanConflict
            now={plansOf(all.data, kind).at(-1)}
            mine={body}
            before={plansOf(saving.conflict.before, kind)}
          />
        )}
        {stray.length > 0 && (
          <div class="problem" role="alert">
            {say('correct')}
            <ul>
              {stray.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          </div>
        )}
        {draft.phases.map((phase, index) => (
          <PhaseFields
            key={phase.key}
            id={id}
            index={index}
            phase={phase}
            problems={wrong}
            change={(next) => put(index, next)}
            remove={
              draft.phases.length === 1
                ? undefined
                : () => {
                    change({ ...draft, phases: draft.phases.filter((_, at) => at !== index) })
                    focusWithin(id, '.add-phase button')
                  }
            }
          />
        ))}
        {draft.phases.length < MAX_PHASES && (
          <div class="row add-phase">
            <Button look="quiet" onClick={addPhase}>
              {say('addPhase')}
            </Button>
          </div>
        )}
        <PlanTerms id={id} draft={draft} problems={wrong} change={change} />
        {saving.trouble !== undefined && (
          <p class="problem" role="alert">
            {saving.trouble}
          </p>
        )}
        <div class="row">
          <Button type="submit" look="main" busy={saving.busy}>
            {say(saving.busy ? 'saving' : 'save')}
          </Button>
          <Button onClick={close}>{say('leave')}</Button>
          {plan !== undefined && <Button onClick={() => end(true)}>{say('end')}</Button>}
        </div>
      </form>
      <PlanPreview id={id} preview={preview} draft={draft} first={dateText(now())} />
      {ending && (
        <Withdrawal
          title={`${say('end')}: ${name}`}
          action={say('end')}
          path={path}
          look={look}
          all={all}
          close={() => end(false)}
          keep={keep}
          done={() => {
            announce(`${name}: ${say('ended')}`)
            close()
          }}
        >
          <p>{say('endText')}</p>
        </Withdrawal>
      )}
    </div>
  )
}
