import type { Answer } from './calls.ts'
import type { Language, Said } from './said.ts'

/** What the broker refuses, in the reader's language; by its code (broker/http/refusals.ts). Pure. */

const CODES: Readonly<Record<string, Said>> = {
  'not-found': { da: 'Findes ikke, eller I har ikke adgang til det.', en: 'Not found, or not for you to see.' },
  'access-denied': { da: 'Det har din rolle ikke ret til.', en: 'Your role has no right to this.' },
  'alert-changed': {
    da: 'En anden har ændret den imens. Se den igen.',
    en: 'Somebody else has changed it in the meantime. Look at it again.',
  },
  'changed-meanwhile': {
    da: 'En anden har ændret det imens. Se det igen.',
    en: 'Somebody else has changed it in the meantime. Look at it again.',
  },
  'too-many-requests': {
    da: 'For mange forespørgsler lige nu. Vent et øjeblik.',
    en: 'Too many requests right now. Wait a moment.',
  },
  'too-many-attempts': {
    da: 'For mange forkerte forsøg. Vent 15 minutter.',
    en: 'Too many wrong attempts. Wait 15 minutes.',
  },
  'sign-in-wrong': { da: 'Bruger, adgangskode eller kode er forkert.', en: 'User, password or code is wrong.' },
  busy: { da: 'Der er travlt. Prøv igen om et øjeblik.', en: 'Busy. Try again in a moment.' },
  'too-many-streams': {
    da: 'Du har for mange vinduer åbne. Luk nogle af dem.',
    en: 'You have too many windows open. Close some of them.',
  },
  internal: {
    da: 'Noget gik galt på serveren. Prøv igen, og sig det til supporten, hvis det bliver ved.',
    en: 'Something went wrong on the server. Try again; tell support if it stays.',
  },
}

const UNREACHABLE: Said = {
  da: 'Ingen forbindelse til serveren. Det er ikke sikkert, at det blev gemt: se efter, og prøv igen.',
  en: 'No connection to the server. It may not have been saved: look, and try again.',
}
const SIGNED_OUT: Said = { da: 'Du er logget ud. Log ind igen.', en: 'You are signed out. Sign in again.' }

/** One or two sentences; the broker's own advice (English, naming the field) where the code has no words. */
export function refusalText(answer: Exclude<Answer<unknown>, { type: 'fine' }>, language: Language): string {
  if (answer.type === 'unreachable') return UNREACHABLE[language]
  if (answer.type === 'signed-out') return SIGNED_OUT[language]
  return CODES[answer.code]?.[language] ?? (answer.advice === '' ? answer.code : answer.advice)
}
