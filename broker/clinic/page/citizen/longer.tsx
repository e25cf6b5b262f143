import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../shell/button.tsx'
import { useWords } from '../shell/language.ts'
import { PAGE_WORDS } from './words.ts'

const FIRST = 5
const STEP = 20

interface LongerProps<T> {
  readonly items: readonly T[]
  /** Said when there are none. */
  readonly none: string
  readonly children: (item: T) => ComponentChildren
}

/** A list that begins short and grows when somebody asks for more. */
export function Longer<T>({ items, none, children }: LongerProps<T>) {
  const say = useWords(PAGE_WORDS)
  const [count, setCount] = useState(FIRST)
  if (items.length === 0) return <p class="soft">{none}</p>
  return (
    <>
      <ul class="plain">{items.slice(0, count).map(children)}</ul>
      {items.length > count && (
        <Button look="quiet" onClick={() => setCount(count + STEP)}>
          {`${say('more')} (${items.length - count})`}
        </Button>
      )}
    </>
  )
}
