import type { Language } from '../shell/said.ts'

/**
 * What the broker says of a field (broker/alerts/plan/plan.ts, limits-routes.ts, plan-routes.ts) in Danish; whatever it
 * says besides is shown as it is: rather English than silence.
 */
const REMEDIES: readonly (readonly [pattern: RegExp, danish: string])[] = [
  [/^must be later than from; split/, 'Skal være senere end »fra«; del en nat ved kl. 24.'],
  [/^must be later than from/, 'Skal være senere end den første dag.'],
  [/^give at least one window/, 'Angiv mindst ét tidsrum.'],
  [/^as-needed has no windows/, 'Efter behov har ingen tidsrum.'],
  [/^windows must follow one another/, 'Tidsrummene må ikke overlappe; skriv dem i rækkefølge.'],
  [/^only the last phase/, 'Kun den sidste periode kan vare indtil videre: skriv antal dage.'],
  [/^another plan holds from that time/, 'En anden plan gælder allerede fra den dag; vælg en senere.'],
  [/^has passed; a plan/, 'Dagen er gået: en plan begynder i dag eller senere.'],
  [/^has passed/, 'Dagen er gået.'],
  [/^use a local time/, 'Skriv et klokkeslæt, senest 24.'],
  [/^say why/, 'Skriv en begrundelse.'],
  [/^give at least one/, 'Angiv mindst én grænse.'],
  [/^must be above/, 'Skal være større end grænsen før.'],
  [/^(Too (big|small)|must be from)/, 'Tallet er uden for det mulige.'],
  [/^Invalid/, 'Ret dette felt.'],
]

/** One sentence for the reader. */
export function remedyWords(remedy: string, language: Language): string {
  if (language === 'en') return `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.`
  return REMEDIES.find(([pattern]) => pattern.test(remedy))?.[1] ?? remedy
}
