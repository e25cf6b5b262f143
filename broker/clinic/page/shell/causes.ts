import type { CloseReason } from '../../../alerts/alert-message.ts'
import type { Cause } from '../../../alerts/plan/verdict.ts'
import type { Language, Said } from './said.ts'

/** The words of the house that say why: causes of silence, and how an alert ended. Pure. */

export const CLOSE_REASON_WORDS = {
  handled: { da: 'Løst', en: 'Handled' },
  'false-alarm': { da: 'Falsk alarm', en: 'False alarm' },
  'known-condition': { da: 'Kendt tilstand', en: 'Known condition' },
  duplicate: { da: 'Dublet', en: 'Duplicate' },
  other: { da: 'Andet', en: 'Other' },
} as const satisfies Record<CloseReason, Said>

const CAUSES = {
  'not-measured': { da: 'borgeren har ikke målt', en: 'the citizen did not measure' },
  'device-battery': { da: 'apparatets batteri er fladt', en: "the device's battery is flat" },
  'device-fault': { da: 'apparatet har en fejl', en: 'the device has a fault' },
  'radio-silent': { da: 'hubbens radio er tavs', en: "the hub's radio is silent" },
  'hub-offline': { da: 'hubben i hjemmet er tavs', en: 'the hub in the home is silent' },
  'hub-behind': { da: 'hubben har ikke sendt alt endnu', en: 'the hub has not sent everything yet' },
  'engine-silent': { da: 'overvågningen har været standset', en: 'the watching had stopped' },
  'no-device': { da: 'borgeren har intet apparat', en: 'the citizen has no device' },
} as const satisfies Record<Cause, Said>

const ENDINGS = {
  'line-silent': { da: 'mange huber er tavse på én gang', en: 'many hubs are silent at once' },
  'corrected-data': { da: 'senere data viser, at det ikke var så', en: 'later data says that it never was' },
  merged: { da: 'samlet med en anden alarm', en: 'joined to another alert' },
  'arrived-late': { da: 'målingen kom senere', en: 'the reading came later' },
  paused: { da: 'sat på pause', en: 'put on pause' },
  'rule-ended': { da: 'reglen gælder ikke længere', en: 'the rule no longer holds' },
} as const satisfies Record<string, Said>

const WORDS: Readonly<Record<string, Said>> = { ...CLOSE_REASON_WORDS, ...CAUSES, ...ENDINGS }

/** @param cause of an alert or of a missed slot; one without words is said as it is */
export const causeText = (cause: string, language: Language): string => WORDS[cause]?.[language] ?? cause
