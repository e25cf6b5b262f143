import type { Said } from '../shell/said.ts'

export const WORDS = {
  title: { da: 'Arbejdsliste', en: 'Work list' },
  now: { da: 'Har brug for en nu', en: 'Need somebody now' },
  paused: { da: 'På pause', en: 'Paused' },
  pausedUntil: { da: 'På pause til', en: 'Paused until' },
  calm: { da: 'rolige', en: 'calm' },
  red: { da: 'røde', en: 'red' },
  yellow: { da: 'gule', en: 'yellow' },
  blue: { da: 'mangler', en: 'missing' },
  unknown: { da: 'ukendt', en: 'unknown' },
  pausedCount: { da: 'på pause', en: 'paused' },
  nobody: { da: 'Ingen har brug for jer lige nu.', en: 'Nobody needs you right now.' },
  loading: { da: 'Henter listen …', en: 'Fetching the list …' },
  since: { da: 'siden', en: 'since' },
  acknowledged: { da: 'Kvitteret', en: 'Acknowledged' },
  gone: { da: 'Ikke længere på listen', en: 'No longer on the list' },
  more: { da: 'mere', en: 'more' },
  acknowledge: { da: 'Kvittér', en: 'Acknowledge' },
  close: { da: 'Afslut', en: 'Close' },
  change: { da: 'ændring – vis', en: 'change – show' },
  changes: { da: 'ændringer – vis', en: 'changes – show' },
  stale: {
    da: 'Kan være forkert: ikke opdateret siden',
    en: 'May be wrong: not updated since',
  },
  keys: {
    da: 'Pil op og ned går mellem borgere, Enter åbner, a kvitterer.',
    en: 'Arrow up and down go between citizens, Enter opens, a acknowledges.',
  },
  beyond: { da: 'flere end listen viser', en: 'more than the list shows' },
  citizen: { da: 'Borger', en: 'Citizen' },
  values: { da: 'Seneste værdier', en: 'Latest values' },
} as const satisfies Record<string, Said>

export const DIALOG_WORDS = {
  acknowledge: { da: 'Kvittér', en: 'Acknowledge' },
  close: { da: 'Afslut', en: 'Close' },
  what: { da: 'Hvad er gjort?', en: 'What was done?' },
  why: { da: 'Hvorfor afsluttes den?', en: 'Why is it closed?' },
  phrases: { da: 'Ofte brugt', en: 'Often used' },
  cancel: { da: 'Annullér', en: 'Cancel' },
  back: { da: 'Luk vinduet', en: 'Close this window' },
  empty: { da: 'Skriv, hvad der er gjort.', en: 'Write what was done.' },
  noneChosen: { da: 'Vælg mindst én.', en: 'Choose at least one.' },
  changed: {
    da: 'En anden har ændret det imens. Sådan er det nu:',
    en: 'Somebody else has changed it in the meantime. This is how it is now:',
  },
  nothingLeft: { da: 'Der er ikke mere at gøre her.', en: 'There is nothing left to do here.' },
  acknowledged: { da: 'Kvitteret', en: 'Acknowledged' },
  closed: { da: 'Afsluttet', en: 'Closed' },
  which: { da: 'Alarmer', en: 'Alerts' },
} as const satisfies Record<string, Said>

/** What nurses most often have done. */
export const PHRASES: readonly Said[] = [
  { da: 'Ringet til borgeren.', en: 'Called the citizen.' },
  { da: 'Borgeren måler igen.', en: 'The citizen measures again.' },
  { da: 'Ikke truffet, ringer igen.', en: 'Not reached, will call again.' },
  { da: 'Lægen er kontaktet.', en: 'The physician was contacted.' },
  { da: 'Hjemmesygeplejen er kontaktet.', en: 'Home nursing was contacted.' },
  { da: 'Ser an til næste måling.', en: 'Waiting for the next measurement.' },
]
