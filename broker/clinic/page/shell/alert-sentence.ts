import type { AlertMessage, Evidence } from '../../../contract/alert.ts'
import { causeText } from './causes.ts'
import { formatMoment } from './format.ts'
import { answerText, quantityName, valueText } from './names.ts'
import type { Language } from './said.ts'

/** Why somebody is on the list, as a colleague would say it. Pure. */

/** What of an alert the sentence is made of. */
export type Told = Pick<AlertMessage, 'category' | 'level' | 'rule' | 'evidence' | 'cause' | 'openedAt' | 'findings'>

const number = (quantity: string, value: number, unit: string | undefined, language: Language): string =>
  valueText(quantity, value, unit, undefined, language)

/** The value with its name: `Iltmætning 84 %`; or that the device could only say on which side of its range it is. */
function measured({ quantity, value, outOfRange, unit }: Evidence, language: Language): string {
  const name = quantityName(quantity, language)
  if (value !== undefined) return `${name} ${number(quantity, value, unit, language)}`
  if (outOfRange === undefined) return name
  if (language === 'da') return `${name} ${outOfRange === 'above' ? 'over' : 'under'} det, apparatet kan måle,`
  return `${name} ${outOfRange} what the device can measure,`
}

type Compared = (evidence: Evidence, limit: string, language: Language) => string

const than =
  (da: string, en: string): Compared =>
  (evidence, limit, language) =>
    `${measured(evidence, language)} ${language === 'da' ? da : en}${limit === '' ? '' : ` ${limit}`}`

/** A change of the value since another one, with how much it was. */
const since =
  (da: string, en: string): Compared =>
  (evidence, limit, language) => {
    const { quantity, value, limit: earlier, unit } = evidence
    if (value === undefined || earlier === undefined) return measured(evidence, language)
    const much = number(quantity, Math.round(Math.abs(value - earlier) * 100) / 100, unit, language)
    const [verb, from] = language === 'da' ? [da, 'fra'] : [en, 'from']
    return `${measured(evidence, language)}: ${verb} ${much} ${from} ${limit}`
  }

const answer: Compared = ({ quantity, value, unit }, limit, language) => {
  const name = quantityName(quantity, language)
  if (value === undefined) return name
  const said = answerText(quantity, value, language)
  if (said !== undefined) return `${name}: ${said}`
  const [text, bound] = language === 'da' ? ['grænsen er', ''] : ['the limit is', '']
  return `${name} ${number(quantity, value, unit, language)}; ${text} ${bound}${limit}`
}

/** By bound, as the rules name them (broker/alerts/assess-*.ts). */
const BOUNDS: Readonly<Record<string, Compared>> = {
  alertLow: than('er under den røde grænse', 'is below the red limit'),
  warningLow: than('er under den gule grænse', 'is below the yellow limit'),
  warningHigh: than('er over den gule grænse', 'is above the yellow limit'),
  alertHigh: than('er over den røde grænse', 'is above the red limit'),
  belowNormal: than('er under borgerens sædvanlige', "is below the citizen's usual"),
  aboveNormal: than('er over borgerens sædvanlige', "is above the citizen's usual"),
  belowEnrolment: than('er under niveauet ved opstart', 'is below the level at enrolment'),
  aboveEnrolment: than('er over niveauet ved opstart', 'is above the level at enrolment'),
  gain: since('steget', 'up'),
  loss: since('faldet', 'down'),
  aboveAverage: than('er over gennemsnittet', 'is above the average'),
  score: than('; grænsen er', '; the limit is'),
  singleParameter: ({ value }, _limit, language) =>
    language === 'da'
      ? `NEWS2 er ${value ?? '?'}, og en enkelt måling giver 3 point`
      : `NEWS2 is ${value ?? '?'}, and a single measurement gives 3 points`,
  answerHigh: answer,
  answerLow: answer,
}

function comparison(evidence: Evidence, language: Language): string {
  const { quantity, limit, unit, bound } = evidence
  const limitText = limit === undefined ? '' : number(quantity, limit, unit, language)
  const said = (BOUNDS[bound] ?? than('', ''))(evidence, limitText, language)
  return said.replace(/ ;/, ';').trim()
}

/** Of a sentence more than these is a list that nobody reads. */
const MAX_SAID = 3

function clinical({ evidence, rule }: Told, language: Language): string {
  const said = [...new Set(evidence.map((one) => comparison(one, language)))].slice(0, MAX_SAID)
  if (said.length === 0) return rule.title
  return said.join('; ')
}

function missing({ evidence, openedAt }: Told, now: number, language: Language): string {
  const last = evidence.at(-1)
  const name = last === undefined ? '' : quantityName(last.quantity, language)
  const at = formatMoment(last?.at ?? openedAt, now, language)
  const times = evidence.length
  if (language === 'da') {
    return times > 1
      ? `${name} mangler: ikke målt ${times} gange i træk, senest ventet ${at}`
      : `${name} mangler: ikke målt som aftalt, ventet ${at}`
  }
  return times > 1
    ? `${name} is missing: not measured ${times} times in a row, last expected ${at}`
    : `${name} is missing: not measured as planned, expected ${at}`
}

function unwatched({ cause, evidence, openedAt }: Told, now: number, language: Language): string {
  const kind = [...new Set(evidence.map(({ quantity }) => quantityName(quantity, language)))].slice(0, MAX_SAID)
  const at = formatMoment(openedAt, now, language)
  const why = causeText(cause ?? '', language)
  const what = kind.length === 0 ? '' : ` (${kind.join(', ')})`
  return language === 'da'
    ? `Vi ved ikke, hvordan det går${what}, siden ${at}: ${why}`
    : `Nobody knows how it is going${what}, since ${at}: ${why}`
}

function digest({ evidence, findings }: Told, now: number, language: Language): string {
  const count = findings ?? evidence.length
  const newest = evidence.at(-1)
  const said =
    newest === undefined || newest.bound === 'finding'
      ? ''
      : `: ${comparison(newest, language)} (${formatMoment(newest.at, now, language)})`
  if (language === 'da') {
    return `${count} fund i målinger, der kom for sent${said}`
  }
  return `${count} ${count === 1 ? 'finding' : 'findings'} in readings that came late${said}`
}

function technical({ cause, evidence, openedAt }: Told, now: number, language: Language): string {
  const hubs = evidence[0]?.value ?? 1
  const since = `${language === 'da' ? 'siden' : 'since'} ${formatMoment(evidence[0]?.at ?? openedAt, now, language)}`
  const count = hubs > 1 ? ` (${hubs} ${language === 'da' ? 'huber' : 'hubs'})` : ''
  return `${capital(causeText(cause ?? '', language))}${count}, ${since}`
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/**
 * @param now ms since 1970 UTC, for naming days
 * @returns one sentence without its full stop
 */
export function alertSentence(alert: Told, now: number, language: Language): string {
  switch (alert.category) {
    case 'clinical':
      return clinical(alert, language)
    case 'missing':
      return missing(alert, now, language)
    case 'unwatched':
      return unwatched(alert, now, language)
    case 'digest':
      return digest(alert, now, language)
    case 'technical':
      return technical(alert, now, language)
    case 'self-test':
      return language === 'da' ? 'Systemets prøve af sig selv' : "The system's test of itself"
  }
}

/** What has to be known beside why: it has ended by itself, a new measurement is wanted, it goes to and fro. */
export function alertNotes(
  { normalSince, repeatBy, unstable, acknowledged }: AlertMessage,
  now: number,
  language: Language,
): readonly string[] {
  const at = (moment: string) => formatMoment(moment, now, language)
  const da = language === 'da'
  return [
    ...(normalSince === undefined
      ? []
      : [da ? `Inden for grænserne igen siden ${at(normalSince)}` : `Within limits again since ${at(normalSince)}`]),
    ...(repeatBy === undefined
      ? []
      : [
          da
            ? `Målingen er tvivlsom: bed om en ny senest ${at(repeatBy)}`
            : `The reading is doubtful: ask for a new one by ${at(repeatBy)}`,
        ]),
    ...(unstable ? [da ? 'Svinger frem og tilbage over grænsen' : 'Goes to and fro across the limit'] : []),
    ...(acknowledged === undefined
      ? []
      : [
          da
            ? `Kvitteret ${at(acknowledged.at)} af ${acknowledged.by}: ${acknowledged.action}`
            : `Acknowledged ${at(acknowledged.at)} by ${acknowledged.by}: ${acknowledged.action}`,
        ]),
  ]
}
