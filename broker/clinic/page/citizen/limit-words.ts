import { formatNumber } from '../shell/format.ts'
import { quantityName, unitText } from '../shell/names.ts'
import type { Language, Said } from '../shell/said.ts'
import { BOUNDS, type Bound, type Label } from './guides.ts'
import type { Line, Panel } from './panels.ts'

/** Limits and normal in words: at the lines in a plot, and in the sentence above it. Pure. */

const BOUND_WORDS: Readonly<Record<Bound, Said>> = {
  alertHigh: { da: 'rød over', en: 'red above' },
  warningHigh: { da: 'gul over', en: 'yellow above' },
  warningLow: { da: 'gul under', en: 'yellow below' },
  alertLow: { da: 'rød under', en: 'red below' },
}
const SHORT: Readonly<Record<string, Said>> = {
  systolic: { da: 'syst.', en: 'sys.' },
  diastolic: { da: 'diast.', en: 'dia.' },
}

/** As many decimals as the device shows, or as the limit needs. */
function numberText(value: number, { series }: Line, language: Language): string {
  const own = (String(Math.round(value * 100) / 100).split('.')[1] ?? '').length
  return formatNumber(value, Math.max(series.decimals, own), language)
}

/** Which of two quantities in a plot is meant; nothing where there is one. */
export function shortName({ lines }: Panel, { series }: Line, language: Language): string {
  if (lines.length === 1) return ''
  return SHORT[series.quantity]?.[language] ?? quantityName(series.quantity, language)
}

export function labelsOf(panel: Panel, language: Language): Label[] {
  return panel.lines.flatMap((line) => {
    const name = shortName(panel, line, language)
    const { normal } = line
    const usual: Label[] =
      normal === undefined
        ? []
        : [{ text: `${name} ${language === 'da' ? 'normalt' : 'usual'}`.trim(), value: normal.median, colour: 'good' }]
    const limits = BOUNDS.flatMap((bound): Label[] => {
      const value = line.limits[bound]
      if (value === undefined) return []
      const text = `${name} ${BOUND_WORDS[bound][language]} ${numberText(value, line, language)}`.trim()
      return [{ text, value, colour: bound.startsWith('alert') ? 'red' : 'yellow' }]
    })
    return [...limits, ...usual]
  })
}

/** @returns rød over 120, gul over 100; empty without limits */
export function limitsText(line: Line, language: Language): string {
  return BOUNDS.flatMap((bound) => {
    const value = line.limits[bound]
    return value === undefined ? [] : [`${BOUND_WORDS[bound][language]} ${numberText(value, line, language)}`]
  }).join(', ')
}

/** @returns 92–95 % (typisk 94); empty while nobody knows yet */
export function normalText(line: Line, language: Language): string {
  const { normal, series } = line
  if (normal === undefined) return ''
  // Reckoned, not measured: more decimals than the device has would say nothing.
  const number = (value: number): string => formatNumber(value, series.decimals, language)
  const typically = language === 'da' ? 'typisk' : 'typically'
  return `${number(normal.low)}–${number(normal.high)} ${unitText(series.unit)} (${typically} ${number(normal.median)})`
}
