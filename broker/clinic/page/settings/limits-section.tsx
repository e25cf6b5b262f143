import { useState } from 'preact/hooks'
import { isQuantity, QUANTITIES, type Quantity } from '../../../../device-drivers/quantities.ts'
import type { LimitsAnswer } from '../../shapes.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { quantityName } from '../shell/names.ts'
import type { Language } from '../shell/said.ts'
import { AddCard } from './add-card.tsx'
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
  const language = useLanguage()
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
        <AddCard
          label={say('add')}
          button={say('addButton')}
          choices={choicesBeside(
            shown.map(({ quantity }) => quantity),
            language,
          )}
          add={(name) => setAdded([...added, name])}
        />
      )}
    </section>
  )
}

/** Quantities that may be limited, by their names. */
function choicesBeside(taken: readonly string[], language: Language) {
  return Object.entries<Quantity>(QUANTITIES)
    .filter(([name, { supporting }]) => supporting !== true && !taken.includes(name))
    .map(([name]) => ({ name, title: quantityName(name, language) }))
    .sort((a, b) => a.title.localeCompare(b.title, language))
}
