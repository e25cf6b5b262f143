import type { PauseReason } from '../../../alerts/pauses.ts'
import type { Said } from '../shell/said.ts'

/** What the page says where somebody does something: alerts, pauses, notes, readings typed by staff. */

type Table = Readonly<Record<string, Said>>

export const ALERT_WORDS = {
  acknowledge: { da: 'Kvittér', en: 'Acknowledge' },
  acknowledgeTitle: { da: 'Kvittér for alarmen', en: 'Acknowledge the alert' },
  action: { da: 'Hvad er der gjort?', en: 'What was done?' },
  phrases: { da: 'Hurtige svar', en: 'Quick answers' },
  actionMissing: { da: 'Skriv, hvad der er gjort.', en: 'Say what was done.' },
  close: { da: 'Luk', en: 'Close' },
  closeTitle: { da: 'Luk alarmen', en: 'Close the alert' },
  reason: { da: 'Hvorfor?', en: 'Why?' },
  reasonMissing: { da: 'Vælg en grund.', en: 'Choose a reason.' },
  cancel: { da: 'Fortryd', en: 'Cancel' },
  gone: { da: 'Alarmen er ikke åben længere.', en: 'The alert is no longer open.' },
  paused: { da: 'På pause: ingen bliver kaldt', en: 'Paused: nobody is called' },
  began: { da: 'Begyndt', en: 'Began' },
  acknowledgedBy: { da: 'Kvitteret af', en: 'Acknowledged by' },
  nobody: { da: 'Ikke kvitteret', en: 'Not acknowledged' },
  ended: { da: 'Afsluttet', en: 'Ended' },
  acknowledged: { da: 'Alarmen er kvitteret.', en: 'The alert is acknowledged.' },
  closed: { da: 'Alarmen er lukket.', en: 'The alert is closed.' },
} as const satisfies Table

export const PHRASES: readonly Said[] = [
  { da: 'Ringet til borgeren: har det godt', en: 'Called the citizen: is well' },
  { da: 'Bedt borgeren måle igen', en: 'Asked the citizen to measure again' },
  { da: 'Ringet, intet svar – prøver igen', en: 'Called, no answer – trying again' },
  { da: 'Kontaktet læge', en: 'Contacted a physician' },
  { da: 'Hjemmesygeplejen tager ud til borgeren', en: 'The home nurse visits the citizen' },
]

export const PAUSE_WORDS = {
  title: { da: 'Pause', en: 'Pause' },
  none: { da: 'Ingen pause.', en: 'No pause.' },
  make: { da: 'Sæt på pause', en: 'Pause' },
  makeTitle: { da: 'Sæt alarmer på pause', en: 'Pause alerts' },
  what: {
    da: 'Alarmer noteres stadig, men ingen bliver kaldt.',
    en: 'Alerts are still recorded, but nobody is called.',
  },
  reason: { da: 'Hvorfor', en: 'Why' },
  until: { da: 'Til', en: 'Until' },
  untilMissing: {
    da: 'Skriv, hvornår pausen slutter: senere end nu og højst 30 dage frem.',
    en: 'Say when the pause ends: later than now and at most 30 days ahead.',
  },
  red: { da: 'Også røde alarmer', en: 'Red alerts too' },
  redSure: {
    da: 'Jeg er sikker: ingen bliver kaldt, selv om borgeren bliver alvorligt dårlig',
    en: 'I am sure: nobody is called even if the citizen becomes seriously ill',
  },
  redMissing: { da: 'Bekræft, at også røde alarmer skal være tavse.', en: 'Confirm that red alerts are silent too.' },
  yellowOnly: { da: 'gule og blå alarmer', en: 'yellow and blue alerts' },
  all: { da: 'alle alarmer, også røde', en: 'all alerts, red too' },
  heldBack: { da: 'Tilbageholdt', en: 'Held back' },
  by: { da: 'sat af', en: 'made by' },
  end: { da: 'Afslut pausen', en: 'End the pause' },
  endTitle: { da: 'Afslut pausen nu?', en: 'End the pause now?' },
  endWhat: {
    da: 'Alarmer, der stadig er åbne, kalder igen.',
    en: 'Alerts that are still open call again.',
  },
  begins: { da: 'Begynder', en: 'Begins' },
  made: { da: 'Alarmer er sat på pause.', en: 'Alerts are paused.' },
  ended: { da: 'Pausen er afsluttet.', en: 'The pause has ended.' },
  over: { da: 'Tidligere pauser', en: 'Earlier pauses' },
} as const satisfies Table

export const PAUSE_REASONS = {
  admission: { da: 'Indlagt', en: 'Admitted to hospital' },
  travel: { da: 'Bortrejst', en: 'Away' },
  'device-swap': { da: 'Venter på et andet apparat', en: 'Waiting for another device' },
  other: { da: 'Andet', en: 'Other' },
} as const satisfies Record<PauseReason, Said>

export const NOTE_WORDS = {
  write: { da: 'Skriv et notat', en: 'Write a note' },
  text: { da: 'Notat', en: 'Note' },
  missing: { da: 'Skriv et notat først.', en: 'Write a note first.' },
  save: { da: 'Gem notatet', en: 'Save the note' },
  saved: { da: 'Notatet er gemt.', en: 'The note is saved.' },
} as const satisfies Table

export const TYPED_WORDS = {
  open: { da: 'Indtast en måling', en: 'Type a reading' },
  title: { da: 'Indtast en måling for borgeren', en: 'Type a reading for the citizen' },
  what: {
    da: 'Målingen mærkes »indtastet af personalet« og vurderes som alle andre.',
    en: 'The reading is marked “typed by staff” and judged like all others.',
  },
  kind: { da: 'Hvad er målt', en: 'What was measured' },
  at: { da: 'Hvornår', en: 'When' },
  atWrong: { da: 'Skriv et tidspunkt, der ikke ligger i fremtiden.', en: 'Give a time that is not in the future.' },
  saved: { da: 'Målingen er gemt.', en: 'The reading is saved.' },
  save: { da: 'Gem målingen', en: 'Save the reading' },
  optional: { da: 'kan udelades', en: 'may be left out' },
  noNumber: { da: 'Skriv et tal.', en: 'Write a number.' },
  range: { da: 'Skal ligge mellem', en: 'Must be between' },
  and: { da: 'og', en: 'and' },
} as const satisfies Table
