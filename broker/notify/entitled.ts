import { KINDS } from '../../device-drivers/reading.ts'
import type { AlertMessage } from '../contract/alert.ts'
import { type Grant, organisationsFor } from '../grants.ts'

/**
 * Organisations whose people may be told of an alert: those that may have all kinds of readings it rests on, and for one
 * that rests on none those that may have anything of this citizen. @param at time of telling, ISO 8601 UTC
 */
export function entitledTo(grants: readonly Grant[], { citizen, kinds }: AlertMessage, at: string): readonly string[] {
  const holders = (kind: (typeof KINDS)[number]) => organisationsFor(grants, citizen, kind, at)
  const [first, ...rest] = kinds
  if (first === undefined) return [...new Set(KINDS.flatMap(holders))]
  return holders(first).filter((organisation) => rest.every((kind) => holders(kind).includes(organisation)))
}
