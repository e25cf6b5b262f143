import type { Said } from '../shell/said.ts'

export const WORDS = {
  title: { da: 'Vagtskifte', en: 'Hand-over' },
  write: { da: 'Til næste vagt', en: 'To the next shift' },
  open: { da: 'På listen nu', en: 'On the list now' },
  openThen: { da: 'På listen da', en: 'On the list then' },
  general: { da: 'Det vigtigste fra vagten', en: 'What matters most from this shift' },
  citizen: { da: 'Borger at holde øje med', en: 'Citizen to watch' },
  add: { da: 'Tilføj', en: 'Add' },
  addReds: { da: 'Tilføj alle røde', en: 'Add all reds' },
  watch: { da: 'Hold øje med', en: 'What to watch' },
  remove: { da: 'Fjern', en: 'Remove' },
  submit: { da: 'Aflever vagten', en: 'Hand over' },
  done: { da: 'Vagten er afleveret.', en: 'Handed over.' },
  empty: {
    da: 'Skriv noget til næste vagt, eller tilføj en borger.',
    en: 'Write something to the next shift, or add a citizen.',
  },
  noText: { da: 'Skriv, hvad næste vagt skal holde øje med.', en: 'Write what the next shift is to watch.' },
  noCitizen: {
    da: 'Et borger-id har 4 til 32 tegn: små bogstaver, tal og bindestreg.',
    en: 'A citizen id has 4 to 32 characters: small letters, digits and hyphens.',
  },
  earlier: { da: 'Tidligere vagtskifter', en: 'Earlier hand-overs' },
  none: { da: 'Der er ingen endnu.', en: 'There are none yet.' },
  red: { da: 'røde', en: 'red' },
  yellow: { da: 'gule', en: 'yellow' },
  blue: { da: 'mangler', en: 'missing' },
  unknown: { da: 'ukendt', en: 'unknown' },
  paused: { da: 'på pause', en: 'paused' },
} as const satisfies Record<string, Said>
