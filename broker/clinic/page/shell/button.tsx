import type { ComponentChildren } from 'preact'

export interface ButtonProps {
  /** main: what one most likely came to do. quiet: beside others of its kind. */
  readonly look?: 'main' | 'plain' | 'quiet'
  readonly onClick?: () => void
  /** Something is under way: pressed again it does nothing. */
  readonly busy?: boolean
  readonly type?: 'button' | 'submit'
  /** Where the text alone does not say on what. */
  readonly label?: string
  readonly pressed?: boolean
  readonly children: ComponentChildren
}

/** A button that stays in place and keeps the focus while its action is under way. */
export function Button({
  look = 'plain',
  onClick,
  busy = false,
  type = 'button',
  label,
  pressed,
  children,
}: ButtonProps) {
  return (
    <button
      type={type}
      class={`button ${look}`}
      aria-disabled={busy ? 'true' : undefined}
      aria-label={label}
      aria-pressed={pressed}
      onClick={(event) => {
        if (busy) event.preventDefault()
        else onClick?.()
      }}
    >
      {children}
    </button>
  )
}
