import { Button } from '../shell/button.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { WEEKDAY_NAMES } from '../shell/plan-sentence.ts'
import { Field } from './field.tsx'
import { nextWindow, type PhaseDraft, SCHEDULES, WEEKDAYS, type Weekday, type WindowDraft } from './plan-draft.ts'
import { PLAN_WORDS } from './plan-words.ts'

interface PhaseProps {
  readonly id: string
  /** From 0. */
  readonly index: number
  readonly phase: PhaseDraft
  /** What is wrong, by path of the plan. */
  readonly problems: Readonly<Record<string, string>>
  readonly change: (phase: PhaseDraft) => void
  /** Absent for the only one. */
  readonly remove: (() => void) | undefined
}

/** One stretch of a plan: how long, on which days and within which times. */
export function PhaseFields({ id, index, phase, problems, change, remove }: PhaseProps) {
  const say = useWords(PLAN_WORDS)
  const path = `phases.${index}`
  const problem = (part: string) => problems[`${path}.${part}`]
  const field = (part: string) => `${id}-${index}-${part}`
  return (
    <fieldset class="phase">
      <legend>{`${say('phase')} ${index + 1}`}</legend>
      <div class="fields">
        <Field
          id={field('type')}
          label={say('schedule')}
          problem={problem('schedule') ?? problem('schedule.type')}
          input={(marks) => (
            <select
              {...marks}
              value={phase.type}
              onChange={(event) => {
                const type = SCHEDULES.find((name) => name === event.currentTarget.value)
                if (type !== undefined) change({ ...phase, type })
              }}
            >
              {SCHEDULES.map((type) => (
                <option key={type} value={type}>
                  {say(type)}
                </option>
              ))}
            </select>
          )}
        />
        {phase.type === 'every' && (
          <Field
            id={field('every')}
            label={say('everyDays')}
            problem={problem('schedule.days')}
            input={(marks) => (
              <input
                {...marks}
                inputMode="numeric"
                size={4}
                value={phase.every}
                onInput={(event) => change({ ...phase, every: event.currentTarget.value })}
              />
            )}
          />
        )}
        <Field
          id={field('days')}
          label={say('days')}
          problem={problem('days')}
          input={(marks) => (
            <input
              {...marks}
              inputMode="numeric"
              size={4}
              value={phase.days}
              onInput={(event) => change({ ...phase, days: event.currentTarget.value })}
            />
          )}
        />
      </div>
      {phase.type === 'weekdays' && (
        <Weekdays
          id={field('on')}
          on={phase.on}
          problem={problem('schedule.on')}
          change={(on) => change({ ...phase, on })}
        />
      )}
      {phase.type === 'as-needed' ? (
        <p class="hint">{say('asNeededText')}</p>
      ) : (
        <Windows
          id={field('windows')}
          windows={phase.windows}
          problem={problem}
          change={(windows) => change({ ...phase, windows })}
        />
      )}
      {remove !== undefined && (
        <Button look="quiet" label={`${say('removePhase')} ${index + 1}`} onClick={remove}>
          {say('removePhase')}
        </Button>
      )}
    </fieldset>
  )
}

interface WeekdaysProps {
  readonly id: string
  readonly on: readonly Weekday[]
  readonly problem: string | undefined
  readonly change: (on: readonly Weekday[]) => void
}

function Weekdays({ id, on, problem, change }: WeekdaysProps) {
  const language = useLanguage()
  const say = useWords(PLAN_WORDS)
  return (
    <fieldset class="weekdays" aria-describedby={`${id}-told`}>
      <legend>{say('weekdays')}</legend>
      {WEEKDAYS.map((day) => (
        <label key={day} class="tick">
          <input
            type="checkbox"
            checked={on.includes(day)}
            onChange={(event) =>
              change(WEEKDAYS.filter((one) => (one === day ? event.currentTarget.checked : on.includes(one))))
            }
          />
          {WEEKDAY_NAMES[language][day]}
        </label>
      ))}
      <p id={`${id}-told`} class="problem" aria-live="polite">
        {problem}
      </p>
    </fieldset>
  )
}

interface WindowsProps {
  readonly id: string
  readonly windows: readonly WindowDraft[]
  readonly problem: (part: string) => string | undefined
  readonly change: (windows: readonly WindowDraft[]) => void
}

const MAX_WINDOWS = 12

function Windows({ id, windows, problem, change }: WindowsProps) {
  const say = useWords(PLAN_WORDS)
  const put = (at: number, window: WindowDraft) => change(windows.map((one, index) => (index === at ? window : one)))
  return (
    <>
      {windows.map((window, at) => (
        // A window is its place in the list: the fields keep no state of their own.
        <fieldset key={at} class="window" aria-describedby={`${id}-${at}-told`}>
          <legend>{`${say('window')} ${at + 1}`}</legend>
          {(['from', 'to'] as const).map((end) => (
            <Field
              key={end}
              id={`${id}-${at}-${end}`}
              label={say(end)}
              problem={problem(`windows.${at}.${end}`)}
              input={(marks) => (
                <input
                  {...marks}
                  inputMode="numeric"
                  autocomplete="off"
                  size={5}
                  placeholder={end === 'from' ? '08:00' : '10:00'}
                  value={window[end]}
                  onInput={(event) => put(at, { ...window, [end]: event.currentTarget.value })}
                />
              )}
            />
          ))}
          {windows.length > 1 && (
            <Button
              look="quiet"
              label={`${say('removeWindow')} ${at + 1}`}
              onClick={() => change(windows.filter((_, index) => index !== at))}
            >
              {say('removeWindow')}
            </Button>
          )}
          <p id={`${id}-${at}-told`} class="problem" aria-live="polite">
            {problem(`windows.${at}`)}
          </p>
        </fieldset>
      ))}
      <p class="problem" aria-live="polite">
        {problem('windows')}
      </p>
      {windows.length < MAX_WINDOWS && (
        <Button look="quiet" onClick={() => change([...windows, nextWindow(windows)])}>
          {say('addWindow')}
        </Button>
      )}
    </>
  )
}
