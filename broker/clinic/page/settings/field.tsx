import type { ComponentChildren } from 'preact'

/** What an input of a {@link Field} carries, so that its message is read out with it. */
export interface FieldMarks {
  readonly id: string
  readonly 'aria-invalid': boolean
  readonly 'aria-describedby': string
}

interface FieldProps {
  readonly id: string
  readonly label: string
  readonly problem: string | undefined
  readonly hint?: string
  readonly input: (marks: FieldMarks) => ComponentChildren
}

/** A labelled field with what is wrong with it, at it. */
export function Field({ id, label, problem, hint, input }: FieldProps) {
  const marks = { id, 'aria-invalid': problem !== undefined, 'aria-describedby': `${id}-told` }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {input(marks)}
      <p id={`${id}-told`} class={problem === undefined ? 'hint' : 'problem'} aria-live="polite">
        {problem ?? hint}
      </p>
    </div>
  )
}
