import { KINDS, type Kind } from '../../device-drivers/reading.ts'
import type { AlertMessage } from '../contract/alert.ts'
import type { Registry } from '../registry.ts'
import { type Action, decide, type Subject } from '../rights/decide.ts'

/** What one caller may see now: citizen by citizen and kind by kind, by the one decision (rights/decide.ts). */
export interface Sight {
  readonly caller: Onlooker
  /** ISO 8601 UTC time of the decisions. */
  readonly at: string
  /** All the kinds that the alert rests on. */
  seesAlert(alert: Pick<AlertMessage, 'citizen' | 'kinds'>): boolean
  /** Kinds whose readings may be seen. */
  kindsOf(citizen: string): readonly Kind[]
  /** Any grant that holds; undefined: nothing of this citizen. */
  purposeOn(citizen: string): string | undefined
  /** Citizens of whom anything may be seen. */
  citizens(): readonly string[]
}

/** Somebody who can look; a hub does not. */
export type Onlooker = Exclude<Subject, { readonly role: 'hub' }>

/** Research gets nothing here: what is shown names people, and a pseudonym is for feeds. */
export function sightOf(caller: Onlooker, registry: Pick<Registry, 'grantsOf' | 'citizensOf'>, at: string): Sight {
  const decided = (action: Action, citizen: string, kinds: readonly Kind[]) => {
    const decision = decide(caller, action, { type: 'citizen', citizen, kinds, grants: registry.grantsOf(citizen) }, at)
    return decision.allow && !decision.pseudonymous ? decision : undefined
  }
  const purposeOn = (citizen: string) => decided('alerts.read', citizen, [])?.purpose
  return {
    caller,
    at,
    seesAlert: ({ citizen, kinds }) => decided('alerts.read', citizen, kinds) !== undefined,
    kindsOf: (citizen) => KINDS.filter((kind) => decided('readings.read', citizen, [kind]) !== undefined),
    purposeOn,
    citizens: () => registry.citizensOf(caller.organisation).filter((citizen) => purposeOn(citizen) !== undefined),
  }
}
