import { fieldErrors } from '../settings/field-errors.ts'
import type { Answer } from '../shell/calls.ts'
import { refusalText } from '../shell/refusal-text.ts'
import type { Language } from '../shell/said.ts'
import { HELD_WORDS } from './fleet-words.ts'

/** Why nothing was assigned, in the reader's language. Pure. */

type Refusal = Exclude<Answer<unknown>, { type: 'fine' }>

export function refusedWords(answer: Refusal, language: Language): string {
  if (answer.type !== 'refused') return refusalText(answer, language)
  if (answer.status === 404) return HELD_WORDS['not-found'][language]
  if (answer.status === 409) return HELD_WORDS.taken[language]
  if (answer.status === 412 || answer.status === 428) return HELD_WORDS.changed[language]
  return refusalText(answer, language)
}

/** Remedies of broker/clinic/assignment.ts; others are shown as they are. */
const REMEDIES = [
  [/^its slots are assigned/, 'slotsTaken'],
  [/^the whole device is assigned/, 'wholeTaken'],
  [/^(it is assigned from|readings up to)/, 'laterTaken'],
] as const

/** What is wrong with `citizen`, `slot` or `from`; empty when it lies in none of them. */
export function refusedFields(answer: Refusal, language: Language): Readonly<Record<string, string>> {
  if (answer.type !== 'refused' || answer.status !== 400) return {}
  const found = Object.entries(fieldErrors(answer.advice)).filter(([path]) => /^(citizen|slot|from)$/.test(path))
  return Object.fromEntries(
    found.map(([path, remedy]) => {
      const word = REMEDIES.find(([pattern]) => pattern.test(remedy))?.[1]
      return [path, word === undefined ? remedy : HELD_WORDS[word][language]]
    }),
  )
}
