import { isQuantity, KIND_CODES, QUANTITIES } from '../../../../device-drivers/quantities.ts'
import type { AbsentReason, Kind } from '../../../../device-drivers/reading.ts'
import type { Latest } from '../../shapes.ts'
import { formatNumber } from './format.ts'
import type { Language, Said } from './said.ts'

/** Names of quantities, kinds, units and of what is said beside a value. Pure. */

const nameIn = (names: { readonly danish: string; readonly english: string }, language: Language): string =>
  language === 'da' ? names.danish : names.english

const isKind = (name: string): name is Kind => Object.hasOwn(KIND_CODES, name)

/** @param quantity of a reading, or `news2`; what has no name is called by its id */
export function quantityName(quantity: string, language: Language): string {
  if (quantity === 'news2') return 'NEWS2'
  if (isQuantity(quantity)) return nameIn(QUANTITIES[quantity], language)
  return isKind(quantity) ? kindName(quantity, language) : quantity
}

export const kindName = (kind: Kind, language: Language): string => nameIn(KIND_CODES[kind], language)

/** Decimals to show where the device or the answer does not say. */
export const decimalsOf = (quantity: string): number => (isQuantity(quantity) ? QUANTITIES[quantity].decimals : 0)

/** UCUM as people write it. Grades and counts have no unit. */
const UNITS: Readonly<Record<string, string>> = {
  'mm[Hg]': 'mmHg',
  Cel: '°C',
  '/min': '/min',
  'kg/m2': 'kg/m²',
  Ohm: 'Ω',
  'mmol/L/min': 'mmol/L/min',
  '{score}': '',
  '{ratio}': '',
  '{steps}': '',
  '1/(30.s)': '',
}
export const unitText = (unit: string): string => UNITS[unit] ?? unit

/** Answers of a citizen are words: compared with the citizen's usual (device-drivers/quantities.ts). */
const ANSWERS: readonly Said[] = [
  { da: 'som sædvanligt', en: 'as usual' },
  { da: 'lidt mere end sædvanligt', en: 'a little more than usual' },
  { da: 'mere end sædvanligt', en: 'more than usual' },
  { da: 'meget mere end sædvanligt', en: 'much more than usual' },
]
const ANSWERED: ReadonlySet<string> = new Set(['breathlessness', 'cough', 'sputumAmount', 'sputumColour', 'oedema'])

/** The word of a symptom's answer; undefined for what is a number. */
export const answerText = (quantity: string, value: number, language: Language): string | undefined =>
  ANSWERED.has(quantity) ? ANSWERS[value]?.[language] : undefined

/** Ends and beginnings of lines never part a number from its unit. */
const NO_BREAK = '\u00a0'

/** 48,0 kg. @param decimals the device's own; of the quantity when it is not known */
export function valueText(
  quantity: string,
  value: number,
  unit: string | undefined,
  decimals: number | undefined,
  language: Language,
): string {
  const said = answerText(quantity, value, language)
  if (said !== undefined) return said
  const number = formatNumber(value, decimals ?? decimalsShown(quantity, value), language)
  const shown = unitText(unit ?? (isQuantity(quantity) ? QUANTITIES[quantity].unit : ''))
  return shown === '' ? number : `${number}${NO_BREAK}${shown}`
}

/** Those of the quantity, or more when the number has more: nothing of what was compared is rounded away. */
function decimalsShown(quantity: string, value: number): number {
  const own = (String(value).split('.')[1] ?? '').length
  return Math.max(decimalsOf(quantity), Math.min(own, 2))
}

const ABSENT: Readonly<Record<AbsentReason, Said>> = {
  'not-a-number': { da: 'ingen værdi', en: 'no value' },
  'not-at-this-resolution': { da: 'ingen værdi', en: 'no value' },
  'positive-infinity': { da: 'over måleområdet', en: 'above the range of the device' },
  'negative-infinity': { da: 'under måleområdet', en: 'below the range of the device' },
  reserved: { da: 'ingen værdi', en: 'no value' },
  'not-measured': { da: 'ikke målt', en: 'not measured' },
  unsuccessful: { da: 'målingen mislykkedes', en: 'the measurement failed' },
  'above-range': { da: 'over måleområdet', en: 'above the range of the device' },
  'below-range': { da: 'under måleområdet', en: 'below the range of the device' },
}
export const absentText = (reason: AbsentReason, language: Language): string => ABSENT[reason][language]

/** The value, or in words why there is none. */
export function latestText({ quantity, value, absent, unit, decimals }: Latest, language: Language): string {
  if (value !== undefined) return valueText(quantity, value, unit, decimals, language)
  return absentText(absent ?? 'not-a-number', language)
}

const FLAGS: Readonly<Record<Latest['flags'][number], Said>> = {
  late: { da: 'kom for sent', en: 'came late' },
  doubtful: { da: 'tvivlsom', en: 'doubtful' },
  typed: { da: 'indtastet af borgeren', en: 'typed by the citizen' },
  'typed-by-staff': { da: 'indtastet af personalet', en: 'typed by staff' },
  'time-doubtful': { da: 'tidspunktet er usikkert', en: 'the time is uncertain' },
}
export const flagText = (flag: Latest['flags'][number], language: Language): string => FLAGS[flag][language]
