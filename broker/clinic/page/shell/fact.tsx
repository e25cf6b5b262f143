import type { ComponentChildren } from 'preact'

/** A name and what is known; nothing where nothing is known. */
export function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
