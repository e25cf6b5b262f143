import { useState } from 'preact/hooks'
import { Button } from '../shell/button.tsx'

interface AddProps<Name extends string> {
  readonly label: string
  readonly button: string
  readonly choices: readonly { readonly name: Name; readonly title: string }[]
  readonly add: (name: Name) => void
}

/** Chooses what the next card is about. */
export function AddCard<Name extends string>({ label, button, choices, add }: AddProps<Name>) {
  const [chosen, choose] = useState('')
  const submit = (event: Event) => {
    event.preventDefault()
    const choice = choices.find(({ name }) => name === chosen)
    if (choice !== undefined) add(choice.name)
    choose('')
  }
  return (
    <form class="row add" onSubmit={submit}>
      <label class="inline">
        {label}{' '}
        <select value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
          <option value="">–</option>
          {choices.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <Button type="submit" busy={chosen === ''}>
        {button}
      </Button>
    </form>
  )
}
