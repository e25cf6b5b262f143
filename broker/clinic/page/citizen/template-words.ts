import type { Overview } from '../../shapes.ts'
import type { Language, Said } from '../shell/said.ts'

/** Names of the templates and stages of this house (broker/alerts/templates). Another clinic's own are called by their id. */

const TEMPLATES: Readonly<Record<string, Said>> = {
  'alpha-1-antitrypsin': { da: 'Alfa-1-antitrypsinmangel', en: 'Alpha-1 antitrypsin deficiency' },
  copd: { da: 'KOL', en: 'COPD' },
  diabetes: { da: 'Diabetes', en: 'Diabetes' },
  'heart-failure': { da: 'Hjertesvigt', en: 'Heart failure' },
  isolated: { da: 'Isoleret borger', en: 'Isolated citizen' },
  'lung-fibrosis': { da: 'Lungefibrose', en: 'Lung fibrosis' },
}
const STAGES: Readonly<Record<string, Said>> = {
  stable: { da: 'stabil', en: 'stable' },
  unstable: { da: 'ustabil', en: 'unstable' },
  titration: { da: 'optitrering', en: 'titration' },
  observed: { da: 'under observation', en: 'observed' },
  progressive: { da: 'progredierende', en: 'progressive' },
}

/** @returns KOL (ustabil) */
export function templateText({ template, stage }: Overview['watching'][number], language: Language): string {
  const name = TEMPLATES[template]?.[language] ?? template
  return stage === undefined ? name : `${name} (${STAGES[stage]?.[language] ?? stage})`
}
