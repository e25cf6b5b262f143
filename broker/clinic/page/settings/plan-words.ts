import type { Said } from '../shell/said.ts'

export const PLAN_WORDS = {
  heading: { da: 'Måleplan', en: 'Measurement plan' },
  none: {
    da: 'Ingen plan: der ventes ingen målinger, og ingen mangler.',
    en: 'No plan: nothing is expected, and nothing is missed.',
  },
  edit: { da: 'Ret planen', en: 'Change the plan' },
  add: { da: 'Ny plan for', en: 'New plan for' },
  addButton: { da: 'Lav plan', en: 'Make a plan' },
  later: { da: 'Fra', en: 'From' },
  first: { da: 'Gælder fra', en: 'Holds from' },
  firstHint: { da: 'Perioderne tælles fra denne dag.', en: 'The periods are counted from this day.' },
  last: { da: 'Sidste dag (tom: indtil videre)', en: 'Last day (empty: until further notice)' },
  phase: { da: 'Periode', en: 'Period' },
  days: { da: 'Varighed i dage (tom: indtil videre)', en: 'Length in days (empty: until further notice)' },
  schedule: { da: 'Hvornår', en: 'When' },
  daily: { da: 'Hver dag', en: 'Every day' },
  weekdays: { da: 'Bestemte ugedage', en: 'Certain weekdays' },
  every: { da: 'Med faste mellemrum', en: 'Every so many days' },
  'as-needed': { da: 'Efter behov', en: 'As needed' },
  everyDays: { da: 'Dage fra måling til måling', en: 'Days from one to the next' },
  asNeededText: { da: 'Der ventes ingen bestemte målinger.', en: 'No certain measurements are expected.' },
  window: { da: 'Tidsrum', en: 'Window' },
  from: { da: 'Fra kl.', en: 'From' },
  to: { da: 'Til kl.', en: 'To' },
  addWindow: { da: 'Tilføj tidsrum', en: 'Add a window' },
  removeWindow: { da: 'Fjern tidsrum', en: 'Remove window' },
  addPhase: { da: 'Tilføj en periode derefter', en: 'Add a period after it' },
  removePhase: { da: 'Fjern perioden', en: 'Remove the period' },
  holidays: { da: 'Helligdage', en: 'Public holidays' },
  kept: { da: 'Måles som ellers', en: 'Measured as usual' },
  skipped: { da: 'Springes over', en: 'Skipped' },
  moved: { da: 'Flyttes til næste hverdag', en: 'Moved to the next working day' },
  alsoOff: { da: 'Regnes også som fri', en: 'Also days off' },
  'constitution-day': { da: 'grundlovsdag', en: 'Constitution Day (5 June)' },
  'christmas-eve': { da: 'juleaften', en: 'Christmas Eve' },
  'new-years-eve': { da: 'nytårsaften', en: "New Year's Eve" },
  grace: {
    da: 'Minutter efter tidsrummet, hvor målingen stadig tæller',
    en: 'Minutes after the window in which it still counts',
  },
  unwatched: {
    da: 'Timer uden livstegn fra hjemmet, før klinikken får besked',
    en: 'Hours without a sign from the home before the clinic is told',
  },
  reason: { da: 'Begrundelse', en: 'Reason' },
  reasonMissing: { da: 'Skriv en begrundelse.', en: 'Give a reason.' },
  save: { da: 'Gem planen', en: 'Save the plan' },
  saving: { da: 'Gemmer …', en: 'Saving …' },
  saved: { da: 'Planen er gemt.', en: 'The plan is saved.' },
  leave: { da: 'Fortryd', en: 'Cancel' },
  end: { da: 'Afslut planen', en: 'End the plan' },
  endText: {
    da: 'Derefter ventes ingen målinger, og ingen bliver kaldt, fordi de mangler.',
    en: 'After that nothing is expected, and nobody is called because it is missing.',
  },
  ended: { da: 'Planen er afsluttet.', en: 'The plan is ended.' },
  missing: { da: 'Mangler.', en: 'Missing.' },
  number: { da: 'Skriv et helt tal.', en: 'Write a whole number.' },
  time: { da: 'Skriv et klokkeslæt, f.eks. 8 eller 8.30.', en: 'Write a time, such as 8 or 8:30.' },
  date: { da: 'Vælg en dato.', en: 'Choose a date.' },
  preview: { da: 'De næste 28 dage', en: 'The next 28 days' },
  previewWait: { da: 'Ret felterne, så vises dagene her.', en: 'Correct the fields, and the days are shown here.' },
  previewRunning: { da: 'Beregner …', en: 'Calculating …' },
  previewFailed: { da: 'Dagene kan ikke vises lige nu.', en: 'The days cannot be shown right now.' },
  inWords: { da: 'Alle tidsrum i ord', en: 'All windows in words' },
  readOnly: {
    da: 'Du kan se planen, men din rolle må ikke ændre den.',
    en: 'You can see the plan, but your role may not change it.',
  },
  conflict: {
    da: 'En anden har ændret planen imens. Intet er gemt, og dit udkast står, som du skrev det. Sammenlign, og gem igen, hvis det stadig er rigtigt.',
    en: 'Somebody else has changed the plan meanwhile. Nothing was saved, and your draft stands as you wrote it. Compare, and save again if it is still right.',
  },
  conflictOthers: {
    da: 'En anden har ændret en anden plan imens. Dit udkast står, som du skrev det: gem igen.',
    en: 'Somebody else has changed another plan meanwhile. Your draft stands as you wrote it: save again.',
  },
  conflictNow: { da: 'Gælder nu', en: 'Holds now' },
  conflictMine: { da: 'Dit udkast', en: 'Your draft' },
  correct: { da: 'Ret dette:', en: 'Correct this:' },
} as const satisfies Record<string, Said>

/** The broker's remedies (broker/alerts/plan/plan.ts), in Danish; whatever it says besides is shown as it is. */
const REMEDIES: readonly (readonly [pattern: RegExp, danish: string])[] = [
  [/^must be later than from; split/, 'Skal være senere end »fra«; del en nat ved kl. 24.'],
  [/^must be later than from/, 'Skal være senere end den første dag.'],
  [/^give at least one window/, 'Angiv mindst ét tidsrum.'],
  [/^as-needed has no windows/, 'Efter behov har ingen tidsrum.'],
  [/^windows must follow one another/, 'Tidsrummene må ikke overlappe; skriv dem i rækkefølge.'],
  [/^only the last phase/, 'Kun den sidste periode kan vare indtil videre: skriv antal dage.'],
  [/^another plan holds from that time/, 'En anden plan gælder allerede fra den dag; vælg en senere.'],
  [/^use a local time/, 'Skriv et klokkeslæt, senest 24.'],
  [/^Too (big|small)/, 'Tallet er uden for det mulige.'],
  [/^Invalid/, 'Ret dette felt.'],
]

export function remedyWords(remedy: string, language: 'da' | 'en'): string {
  if (language === 'en') return `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.`
  return REMEDIES.find(([pattern]) => pattern.test(remedy))?.[1] ?? remedy
}
