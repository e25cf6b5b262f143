import { Field } from '../settings/field.tsx'
import { useWords } from '../shell/language.ts'
import type { AssignmentDraft, AssignmentProblem } from './assignment.ts'
import { HELD_WORDS } from './fleet-words.ts'

interface FieldsProps {
  readonly draft: AssignmentDraft
  readonly problems: Readonly<Partial<Record<keyof AssignmentDraft, AssignmentProblem>>>
  /** By the broker. */
  readonly told: Readonly<Record<string, string>>
  readonly change: (draft: AssignmentDraft) => void
}

/** Who, which slot, from when. */
export function AssignFields({ draft, problems, told, change }: FieldsProps) {
  const say = useWords(HELD_WORDS)
  const problem = (name: keyof AssignmentDraft): string | undefined => {
    const found = problems[name]
    return found === undefined ? told[name] : say(found)
  }
  const put = (part: Partial<AssignmentDraft>) => change({ ...draft, ...part })
  return (
    <>
      <Field
        id="assign-citizen"
        label={say('citizen')}
        problem={problem('citizen')}
        hint={say('citizenHint')}
        input={(marks) => (
          <input
            {...marks}
            autocomplete="off"
            spellcheck={false}
            autocapitalize="off"
            required
            value={draft.citizen}
            onInput={(event) => put({ citizen: event.currentTarget.value })}
          />
        )}
      />
      <Field
        id="assign-slot"
        label={say('slotField')}
        problem={problem('slot')}
        input={(marks) => (
          <input
            {...marks}
            inputMode="numeric"
            size={4}
            value={draft.slot}
            onInput={(event) => put({ slot: event.currentTarget.value })}
          />
        )}
      />
      <Field
        id="assign-from"
        label={say('from')}
        problem={problem('from')}
        input={(marks) => (
          <input
            {...marks}
            type="datetime-local"
            value={draft.from}
            onInput={(event) => put({ from: event.currentTarget.value })}
          />
        )}
      />
    </>
  )
}
