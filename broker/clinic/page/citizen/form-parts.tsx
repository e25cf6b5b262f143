import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { Button } from '../shell/button.tsx'
import { useWords } from '../shell/language.ts'
import { ALERT_WORDS } from './action-words.ts'

/** What stands under a field or a form when it can't be taken as it is. */
export function Problem({ text }: { readonly text: string }) {
  return (
    <p class="problem" role="alert">
      {text}
    </p>
  )
}

interface FieldProps {
  readonly label: string
  readonly hint?: string
  readonly children: (id: string, describedBy: string | undefined) => ComponentChildren
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId()
  const described = hint === undefined ? undefined : `${id}-hint`
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id, described)}
      {hint !== undefined && (
        <small class="hint" id={described}>
          {hint}
        </small>
      )}
    </div>
  )
}

interface FormProps {
  readonly submit: string
  readonly busy: boolean
  readonly problem: string
  readonly onSubmit: () => void
  readonly onCancel: () => void
  readonly children: ComponentChildren
}

/** A form in a dialog: fields, what is wrong, and the two ways out. */
export function Form({ submit, busy, problem, onSubmit, onCancel, children }: FormProps) {
  const say = useWords(ALERT_WORDS)
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      {children}
      <Problem text={problem} />
      <p class="ways-out">
        <Button look="main" type="submit" busy={busy}>
          {submit}
        </Button>
        <Button onClick={onCancel}>{say('cancel')}</Button>
      </p>
    </form>
  )
}
