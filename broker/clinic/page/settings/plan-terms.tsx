import { useWords } from '../shell/language.ts'
import { Field } from './field.tsx'
import { DAYS_OFF, HOLIDAYS, type PlanDraft } from './plan-draft.ts'
import { PLAN_WORDS } from './plan-words.ts'

interface TermsProps {
  readonly id: string
  readonly draft: PlanDraft
  readonly problems: Readonly<Record<string, string>>
  readonly change: (draft: PlanDraft) => void
}

const MAX_REASON = 200

/** From when to when a plan holds, what holidays do to it, when something counts as missed, and why it is so. */
export function PlanTerms({ id, draft, problems, change }: TermsProps) {
  const say = useWords(PLAN_WORDS)
  const put = (part: Partial<PlanDraft>) => change({ ...draft, ...part })
  return (
    <div class="terms">
      <div class="fields">
        <Field
          id={`${id}-first`}
          label={say('first')}
          problem={problems['from']}
          hint={say('firstHint')}
          input={(marks) => (
            <input
              {...marks}
              type="date"
              value={draft.first}
              onInput={(event) => put({ first: event.currentTarget.value })}
            />
          )}
        />
        <Field
          id={`${id}-last`}
          label={say('last')}
          problem={problems['to']}
          input={(marks) => (
            <input
              {...marks}
              type="date"
              value={draft.last}
              onInput={(event) => put({ last: event.currentTarget.value })}
            />
          )}
        />
        <Field
          id={`${id}-holidays`}
          label={say('holidays')}
          problem={problems['holidays']}
          input={(marks) => (
            <select
              {...marks}
              value={draft.holidays}
              onChange={(event) => {
                const holidays = HOLIDAYS.find((name) => name === event.currentTarget.value)
                if (holidays !== undefined) put({ holidays })
              }}
            >
              {HOLIDAYS.map((name) => (
                <option key={name} value={name}>
                  {say(name)}
                </option>
              ))}
            </select>
          )}
        />
      </div>
      {draft.holidays !== 'kept' && (
        <fieldset class="weekdays">
          <legend>{say('alsoOff')}</legend>
          {DAYS_OFF.map((day) => (
            <label key={day} class="tick">
              <input
                type="checkbox"
                checked={draft.alsoOff.includes(day)}
                onChange={(event) => {
                  const on = event.currentTarget.checked
                  put({ alsoOff: DAYS_OFF.filter((one) => (one === day ? on : draft.alsoOff.includes(one))) })
                }}
              />
              {say(day)}
            </label>
          ))}
        </fieldset>
      )}
      <div class="fields">
        {(['graceMinutes', 'unwatchedAfterHours'] as const).map((name) => (
          <Field
            key={name}
            id={`${id}-${name}`}
            label={say(name === 'graceMinutes' ? 'grace' : 'unwatched')}
            problem={problems[name]}
            input={(marks) => (
              <input
                {...marks}
                inputMode="numeric"
                size={5}
                value={draft[name]}
                onInput={(event) => put({ [name]: event.currentTarget.value })}
              />
            )}
          />
        ))}
      </div>
      <Field
        id={`${id}-reason`}
        label={say('reason')}
        problem={problems['reason']}
        input={(marks) => (
          <textarea
            {...marks}
            rows={2}
            maxLength={MAX_REASON}
            required
            value={draft.reason}
            onInput={(event) => put({ reason: event.currentTarget.value })}
          />
        )}
      />
    </div>
  )
}
