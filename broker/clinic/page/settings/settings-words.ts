import type { Said } from '../shell/said.ts'

export const SETTINGS_WORDS = {
  heading: { da: 'Grænser og måleplan', en: 'Limits and measurement plan' },
  citizen: { da: 'Borger', en: 'Citizen' },
  loading: { da: 'Henter …', en: 'Loading …' },
  again: { da: 'Prøv igen', en: 'Try again' },
} as const satisfies Record<string, Said>
