import type { z } from 'zod'
import {
  isQuantity,
  KIND_CODES,
  QUANTITIES,
  type Quantity,
  type QuantityName,
} from '../../device-drivers/quantities.ts'
import { KINDS, type Kind, type Reading } from '../../device-drivers/reading.ts'
import type { limitsAnswerSchema, originSchema } from '../clinic/shapes.ts'
import { rulesInJournal } from '../rule-rows.ts'
import type { Journal } from '../store/journal.ts'
import { type EffectiveRule, effectiveRules, type Origin } from './effective-rules.ts'
import { LIMIT_NAMES, type Limits } from './limits.ts'
import { limitsRuleId } from './rule.ts'

/** A citizen's limits as they hold, each with who set it: what a limits editor shows and what its tag stands for. */

type Shown = z.output<typeof limitsAnswerSchema>
type ShownLimits = Shown['limits'][number]

/** Kinds of reading that have the quantity. */
export const kindsWith = (quantity: QuantityName): readonly Kind[] =>
  KINDS.filter((kind) => (KIND_CODES[kind].quantities as readonly string[]).includes(quantity))

/** A quantity is shown to who may see any kind that has it; one that no kind has, to who may see the citizen at all. */
export function mayHaveQuantity(quantity: QuantityName, allows: (kind: Kind) => boolean): boolean {
  const kinds = kindsWith(quantity)
  return kinds.length === 0 || kinds.some(allows)
}

/** What the newest reading of each kind had. */
function measuredQuantities(journal: Journal, citizen: string): QuantityName[] {
  const newest = journal.database.prepare(
    'SELECT payload FROM readings WHERE citizen = ? AND kind = ? ORDER BY measured_at DESC LIMIT 1',
  )
  return KINDS.flatMap((kind) => {
    const row = newest.get(citizen, kind)
    if (row === undefined) return []
    const { values } = JSON.parse(String(row['payload'])) as Reading
    return Object.keys(values)
      .filter(isQuantity)
      .filter((name) => (QUANTITIES[name] as Quantity).supporting !== true)
  })
}

const shownOrigin = ({
  level,
  scope,
  version,
  from,
  author,
  reason,
  reviewAt,
}: Origin): z.output<typeof originSchema> => ({
  level,
  scope,
  version,
  from,
  author,
  reason,
  ...(reviewAt === undefined ? {} : { reviewAt }),
})

function shown(quantity: QuantityName, rule: string, limits: Limits, origins: EffectiveRule['origins']): ShownLimits {
  const { unit, decimals } = QUANTITIES[quantity]
  const set = LIMIT_NAMES.filter((name) => limits[name] !== undefined)
  const originOf = (name: string) => origins[`limits.${name}`]
  return {
    quantity,
    unit,
    decimals,
    rule,
    effective: Object.fromEntries(set.map((name) => [name, limits[name]])),
    origins: Object.fromEntries(
      set.flatMap((name) => {
        const origin = originOf(name)
        return origin === undefined ? [] : [[name, shownOrigin(origin)]]
      }),
    ),
    own: set.some((name) => originOf(name)?.level === 'limits'),
  }
}

/**
 * Limits that hold, and quantities that are measured and have none, by quantity. Read from the journal, so that in a
 * transaction it is what holds there.
 * @param allows what the caller may see @param at ISO 8601 UTC
 */
export function shownLimits(journal: Journal, citizen: string, allows: (kind: Kind) => boolean, at: string): Shown {
  const { watches, sources } = rulesInJournal(journal, citizen)
  const limited = effectiveRules(citizen, watches, sources, at).flatMap(({ rule, id, origins }) =>
    rule?.type === 'limits' ? [shown(rule.quantity, id, rule.limits, origins)] : [],
  )
  const known = new Set(limited.map(({ quantity }) => quantity))
  const bare = [...new Set(measuredQuantities(journal, citizen))]
    .filter((quantity) => !known.has(quantity))
    .map((quantity) => shown(quantity, limitsRuleId(quantity), {}, {}))
  const order = Object.keys(QUANTITIES)
  const limits = [...limited, ...bare]
    .filter(({ quantity }) => mayHaveQuantity(quantity as QuantityName, allows))
    .sort((a, b) => order.indexOf(a.quantity) - order.indexOf(b.quantity))
  return { limits }
}
