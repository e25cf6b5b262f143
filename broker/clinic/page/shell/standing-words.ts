import type { Standing } from '../../shapes.ts'
import type { Said } from './said.ts'

/** The four standings, and that there is none. */
export const STANDING_WORDS = {
  red: { da: 'Rød', en: 'Red' },
  yellow: { da: 'Gul', en: 'Yellow' },
  blue: { da: 'Mangler', en: 'Missing' },
  unknown: { da: 'Ukendt', en: 'Unknown' },
  calm: { da: 'Rolig', en: 'Calm' },
} as const satisfies Record<Standing | 'calm', Said>
