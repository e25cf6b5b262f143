import { KIND_CODES, QUANTITIES, type Quantity, type QuantityName } from '../../../../device-drivers/quantities.ts'
import type { Kind } from '../../../../device-drivers/reading.ts'

/** A reading as staff types it. Pure. */

/** What a person reads off a display; the rest of a kind only devices say. */
export const typedQuantities = (kind: Kind): readonly QuantityName[] =>
  KIND_CODES[kind].quantities.filter((name, index) => {
    const about: Quantity = QUANTITIES[name]
    return index === 0 || (about.supporting !== true && name !== 'meanArterial')
  })

/** Without these the kind is not that kind. */
export const isNeeded = (kind: Kind, name: QuantityName): boolean =>
  name === KIND_CODES[kind].quantities[0] || (kind === 'blood-pressure' && name === 'diastolic')

export type Typed =
  | { readonly value: number }
  | { readonly problem: 'number' | 'range' }
  /** Left out. */
  | undefined

/** @param text with comma or point */
export function typedValue(name: QuantityName, text: string): Typed {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  if (!/^-?\d+([.,]\d+)?$/.test(trimmed)) return { problem: 'number' }
  const value = Number(trimmed.replace(',', '.'))
  const [low, high] = QUANTITIES[name].range
  return value < low || value > high ? { problem: 'range' } : { value }
}
