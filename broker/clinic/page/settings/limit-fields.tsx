import { useLanguage, useWords } from '../shell/language.ts'
import { BOUNDS, type Bound, type LimitDraft, type LimitProblem } from './limit-draft.ts'
import { problemWords } from './limit-sentences.ts'
import { LIMIT_WORDS } from './limit-words.ts'
import { remedyWords } from './remedies.ts'

interface FieldsProps {
  readonly id: string
  readonly draft: LimitDraft
  readonly problems: Readonly<Partial<Record<Bound, LimitProblem>>>
  /** Said by the broker, by path of the body: `limits.warningLow`. */
  readonly told: Readonly<Record<string, string>>
  readonly decimals: number
  readonly unit: string
  readonly name: string
  readonly change: (draft: LimitDraft) => void
}

/** The four limits as fields, from low to high; what is wrong with one stands at it while it is typed. */
export function LimitFields({ id, draft, problems, told, decimals, unit, name, change }: FieldsProps) {
  const say = useWords(LIMIT_WORDS)
  const language = useLanguage()
  return (
    <fieldset class="four">
      <legend>
        {name} {unit !== '' && `(${unit})`} <small class="soft">{say('emptyField')}</small>
      </legend>
      {BOUNDS.map((bound) => {
        const problem = problems[bound]
        const broker = told[`limits.${bound}`]
        const text =
          problem === undefined ? broker && remedyWords(broker, language) : problemWords(problem, decimals, language)
        const field = `${id}-${bound}`
        return (
          <div key={bound} class={bound}>
            <label for={field}>{say(bound)}</label>
            <input
              id={field}
              inputMode="decimal"
              autocomplete="off"
              size={6}
              value={draft[bound]}
              aria-invalid={text !== undefined}
              aria-describedby={`${field}-problem`}
              onInput={(event) => change({ ...draft, [bound]: event.currentTarget.value })}
            />
            <p id={`${field}-problem`} class="problem" aria-live="polite">
              {text}
            </p>
          </div>
        )
      })}
    </fieldset>
  )
}
