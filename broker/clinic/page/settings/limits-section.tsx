import { useState } from 'preact/hooks'
import { isQuantity, QUANTITIES, type Quantity } from '../../../../device-drivers/quantities.ts'
import type { LimitsAnswer } from '../../shapes.ts'
import { Button } from '../shell/button.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { quantityName } from '../shell/names.ts'
import { LimitCard, type LimitRights } from './limit-card.tsx'
import type { QuantityLimits } from './limit-sentences.ts'
import { LIMIT_WORDS } from './limit-words.ts'
import type { Versioned } from './versioned.ts'

interface SectionProps {
  readonly citizen: string
  readonly limits: Versioned<LimitsAnswer>
  readonly rights: LimitRights
  readonly keep: (limits: Versioned<LimitsAnswer>) => void
  readonly announce: (text: string) => void
}

/** As a quantity that nobody has limited yet: what the editor starts from. */
function bare(quantity: string): QuantityLimits | undefined {
  if (!isQuantity(quantity)) return undefined
  const { unit, decimals }: Quantity = QUANTITIES[quantity]
  return { quantity, unit, decimals, rule: '', effective: {}, origins: {}, own: false }
}

/** All limits of a citizen, each with where it comes from; and an editor for who may change them. */
export function LimitsSection({ citizen, limits, rights, keep, announce }: SectionProps) {
  const say = useWords(LIMIT_WORDS)
  const [added, setAdded] = useState<readonly string[]>([])
  const known = limits.data.limits
  const shown = [
    ...known,
    ...added.flatMap((quantity) => (known.some((one) => one.quantity === quantity) ? [] : (bare(quantity) ?? []))),
  ]
  return (
    <section aria-labelledby="limits">
      <h2 id="limits">{say('heading')}</h2>
      {!rights.set && <p class="why">{say(rights.try ? 'readOnlyNurse' : 'readOnlyOther')}</p>}
      {shown.map((one) => (
        <LimitCard
          key={`${one.quantity} ${one.rule}`}
          citizen={citizen}
          limits={one}
          all={limits}
          rights={rights}
          begun={added.includes(one.quantity)}
          keep={keep}
          announce={announce}
        />
      ))}
      {rights.set && (
        <AddQuantity taken={shown.map(({ quantity }) => quantity)} add={(name) => setAdded([...added, name])} />
      )}
    </section>
  )
}

interface AddProps {
  readonly taken: readonly string[]
  readonly add: (quantity: string) => void
}

function AddQuantity({ taken, add }: AddProps) {
  const say = useWords(LIMIT_WORDS)
  const language = useLanguage()
  const [chosen, choose] = useState('')
  const free = Object.entries<Quantity>(QUANTITIES)
    .filter(([name, { supporting }]) => supporting !== true && !taken.includes(name))
    .map(([name]) => ({ name, title: quantityName(name, language) }))
    .sort((a, b) => a.title.localeCompare(b.title, language))
  const submit = (event: Event) => {
    event.preventDefault()
    if (chosen !== '') add(chosen)
    choose('')
  }
  return (
    <form class="row add" onSubmit={submit}>
      <label class="inline">
        {say('add')}{' '}
        <select value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
          <option value="">–</option>
          {free.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <Button type="submit" busy={chosen === ''}>
        {say('addButton')}
      </Button>
    </form>
  )
}
