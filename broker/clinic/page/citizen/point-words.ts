import type { AlertMessage } from '../../../contract/alert.ts'
import type { ShownDevice } from '../../shapes.ts'
import { causeText } from '../shell/causes.ts'
import { formatDate, formatTime } from '../shell/format.ts'
import { type Moment, ZONE } from '../shell/local-time.ts'
import { flagText, kindName, quantityName, unitText, valueText } from '../shell/names.ts'
import type { Language, Said } from '../shell/said.ts'
import { flagsOf, type PointFlag } from './flags.ts'
import type { Columns, Line, Missing, Panel } from './panels.ts'

/** A point of a plot in words: for who hears it, for who points at it and for the table beside it. Pure. */

const weekdays: Readonly<Record<Language, Intl.DateTimeFormat>> = {
  da: new Intl.DateTimeFormat('da-DK', { timeZone: ZONE, weekday: 'short' }),
  en: new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, weekday: 'short' }),
}

/** tirs. 3. aug. 2026 kl. 08.12 */
export function timeText(at: Moment, language: Language): string {
  const day = weekdays[language].format(typeof at === 'number' ? at : Date.parse(at))
  return `${day} ${formatDate(at, language)} ${language === 'da' ? 'kl.' : 'at'} ${formatTime(at, language)}`
}

/** The name of a panel: both pressures together, and which pulse it is when there are two. */
export function panelTitle({ lines, shared }: Panel, language: Language): string {
  const [{ series }] = lines
  if (lines.length > 1) return language === 'da' ? 'Blodtryk' : 'Blood pressure'
  const name = quantityName(series.quantity, language)
  if (!shared) return name
  // "Home blood pressure": here it matters only what the pulse was measured with.
  const [kind = ''] = kindName(series.kind, language)
    .replace(/^Home /, '')
    .toLocaleLowerCase(language)
    .split(',')
  return `${name} (${kind})`
}

const BEYOND: Readonly<Record<'above-range' | 'below-range', Said>> = {
  'above-range': { da: 'over det, apparatet kan måle', en: 'above what the device can measure' },
  'below-range': { da: 'under det, apparatet kan måle', en: 'below what the device can measure' },
}
const isBeyond = (flag: PointFlag): flag is keyof typeof BEYOND => flag in BEYOND

function oneValue({ series }: Line, point: number, language: Language): string {
  const value = series.value[point]
  if (value !== undefined && value !== null) {
    return valueText(series.quantity, value, series.unit, series.decimals, language)
  }
  const beyond = flagsOf(series.flags[point] ?? 0).find(isBeyond)
  return beyond === undefined ? (language === 'da' ? 'ingen værdi' : 'no value') : BEYOND[beyond][language]
}

/** 142/88 mmHg, or 93 %. */
export function valuesText({ lines }: Pick<Panel, 'lines'>, columns: Columns, row: number, language: Language): string {
  const points = lines.map((line, index) => ({ line, point: columns.points[index]?.[row] ?? -1 }))
  const found = points.filter(({ point }) => point >= 0)
  const whole = found.length === 2 && found.every(({ line, point }) => typeof line.series.value[point] === 'number')
  if (!whole) {
    const named = lines.length > 1
    return found
      .map(({ line, point }) => {
        const text = oneValue(line, point, language)
        return named ? `${quantityName(line.series.quantity, language)} ${text}` : text
      })
      .join(', ')
  }
  const unit = unitText(lines[0].series.unit)
  return `${found.map(({ line, point }) => oneValue(line, point, language).replace(`\u00a0${unit}`, '')).join('/')}\u00a0${unit}`
}

/** What has to be said beside the value: late, doubtful, typed ... */
export function remarksText(
  { lines }: Pick<Panel, 'lines'>,
  columns: Columns,
  row: number,
  language: Language,
): string {
  const flags = lines.flatMap(({ series }, index) => flagsOf(series.flags[columns.points[index]?.[row] ?? -1] ?? 0))
  const said = [...new Set(flags)].filter((flag) => !isBeyond(flag))
  return said.map((flag) => flagText(flag as Exclude<PointFlag, keyof typeof BEYOND>, language)).join(', ')
}

/** Whatever measured it, as people in the home and in the clinic can find it. */
export function deviceText(
  { device, driver }: { readonly device: string; readonly driver: string },
  devices: readonly ShownDevice[],
): string {
  const model = devices.find((one) => one.device === device)?.model
  return `${model ?? driver} (${device})`
}

export interface Sources {
  /** Of the series answer. */
  readonly measuring: readonly { readonly device: string; readonly driver: string }[]
  /** Of the overview. */
  readonly devices: readonly ShownDevice[]
}

/** What measured the point of this row. */
export function sourceText(
  { lines }: Pick<Panel, 'lines'>,
  columns: Columns,
  row: number,
  { measuring, devices }: Sources,
): string {
  const used = lines.map(({ series }, index) => series.device[columns.points[index]?.[row] ?? -1])
  const names = used.flatMap((index) => {
    const device = index === undefined ? undefined : measuring[index]
    return device === undefined ? [] : [deviceText(device, devices)]
  })
  return [...new Set(names)].join(', ')
}

const LEVELS: Readonly<Record<AlertMessage['level'], Said>> = {
  red: { da: 'rød', en: 'red' },
  yellow: { da: 'gul', en: 'yellow' },
  blue: { da: 'blå', en: 'blue' },
}
export const levelText = (level: AlertMessage['level'], language: Language): string => LEVELS[level][language]

function alertText({ spans }: Panel, at: number, language: Language): string {
  const over = spans.filter(({ from, to }) => from <= at && (to === undefined || at <= to))
  const worst = over.find(({ alert }) => alert.level === 'red') ?? over[0]
  if (worst === undefined) return ''
  const level = levelText(worst.alert.level, language)
  return language === 'da' ? `under ${level} alarm` : `during a ${level} alert`
}

/** @returns 93 %, tirs. 3. aug. 2026 kl. 08.12, målt med Nonin 3150 (oxi-0001), tvivlsom, under rød alarm */
export function pointText(panel: Panel, columns: Columns, row: number, sources: Sources, language: Language): string {
  const at = columns.at[row] ?? 0
  const by = sourceText(panel, columns, row, sources)
  return [
    valuesText(panel, columns, row, language),
    timeText(at, language),
    by === '' ? '' : `${language === 'da' ? 'målt med' : 'measured by'} ${by}`,
    remarksText(panel, columns, row, language),
    alertText(panel, at, language),
  ]
    .filter((part) => part !== '')
    .join(', ')
}

/** @returns mangler: skulle være målt senest man. 2. aug. 2026 kl. 11.00, borgeren har ikke målt */
export function missingText({ at, slot }: Missing, language: Language): string {
  const cause = causeText(slot.cause, language)
  const [missing, unsure] =
    language === 'da'
      ? ['mangler: skulle være målt senest', 'uvist: skulle være målt senest']
      : ['missing: was to be measured by', 'not known: was to be measured by']
  return `${slot.state === 'missed' ? missing : unsure} ${timeText(at, language)}, ${cause}`
}
