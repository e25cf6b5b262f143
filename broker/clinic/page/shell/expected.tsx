import { useNow } from './clock.ts'
import { Fact } from './fact.tsx'
import { useWords } from './language.ts'
import type { Said } from './said.ts'
import { When } from './when.tsx'

const WORDS = {
  expected: { da: 'Ventes senest', en: 'Expected again by' },
  overdue: { da: 'Ventet siden', en: 'Expected since' },
} as const satisfies Record<string, Said>

/** Until when a device may stay silent, or since when it is overdue; a look later the one has become the other. */
export function Expected({ by }: { readonly by: string }) {
  const say = useWords(WORDS)
  const overdue = useNow((now) => now >= Date.parse(by))
  return (
    <Fact name={say(overdue ? 'overdue' : 'expected')}>
      <When at={by} how={overdue ? 'since' : 'ago'} />
    </Fact>
  )
}
