import type { AlertMessage, Evidence } from '../../broker/contract/alert.ts'
import type { FeedReading } from '../../broker/contract/messages.ts'
import type { Value } from '../../device-drivers/reading.ts'

/** Readings and alerts as one tidy terminal line each. Pure; the colour codes are ANSI and only used when asked for. */

const ANSI = { red: 31, yellow: 33, green: 32, dim: 90, bold: 1 } as const
export type Colour = keyof typeof ANSI
export type Paint = (colour: Colour, text: string) => string

/** Colours for a terminal, plain text for a pipe. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  return stream.isTTY === true ? (colour, text) => `\u001b[${ANSI[colour]}m${text}\u001b[0m` : (_, text) => text
}

/** 'bodyTemperature' -> 'body temperature'. */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

function valueText(value: Value): string {
  if ('absent' in value) return value.absent.replaceAll('-', ' ')
  return `${value.value.toFixed(value.decimals)} ${value.unit}`
}

/** Column widths: the longest kind is 'glucose-continuous' (18), an id has up to 32 characters but mostly 12. */
const line = (time: string, tag: string, who: string, text: string): string =>
  `${time}  ${tag.padEnd(8)} ${who.padEnd(13)} ${text}`

/** @param at ISO 8601 UTC; shown as the reader's local time of day */
function timeOfDay(at: string): string {
  return new Intl.DateTimeFormat('da-DK', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
    .format(new Date(at))
    .replaceAll('.', ':')
}

export function readingLine(feed: FeedReading, late: boolean): string {
  const { reading } = feed
  const values = Object.entries(reading.values).map(([name, value]) => `${words(name)} ${valueText(value)}`)
  const remarks = [...reading.status, ...(late ? [`measured ${timeOfDay(reading.measuredAt)}`] : [])]
  const remark = remarks.length > 0 ? `  (${remarks.join(', ')})` : ''
  return line(
    timeOfDay(feed.storedAt),
    'reading',
    feed.citizen,
    `${reading.kind.padEnd(18)} ${values.join(', ')}${remark}`,
  )
}

/** What a comparison is called where people read it; the rest is told by its own name. */
const COMPARED: Readonly<Record<string, string>> = {
  alertLow: 'is below the alert limit',
  warningLow: 'is below the warning limit',
  warningHigh: 'is above the warning limit',
  alertHigh: 'is above the alert limit',
}

function evidenceText({ quantity, value, unit, outOfRange, bound, limit }: Evidence): string {
  const measured =
    outOfRange === undefined
      ? [value, unit].filter((part) => part !== undefined).join(' ')
      : `${outOfRange} the range of the device`
  const compared = COMPARED[bound] ?? `is ${words(bound)}`
  return [words(quantity), measured, compared, limit].filter((part) => part !== undefined && part !== '').join(' ')
}

export function alertLine(alert: AlertMessage, paint: Paint): string {
  const at = timeOfDay(alert.updatedAt)
  if (alert.state === 'closed') {
    return line(at, 'closed', alert.citizen, paint('green', `${alert.rule.title} is back within its limits`))
  }
  if (alert.state === 'withdrawn') {
    return line(at, 'withdrawn', alert.citizen, paint('dim', `${alert.rule.title}: ${alert.cause ?? ''}`))
  }
  const why = alert.evidence.map(evidenceText).join('; ')
  const repeat = alert.repeatBy === undefined ? '' : '; doubtful, ask for a repeat'
  const normal = alert.normalSince === undefined ? '' : '; back within its limits, waits to be acknowledged'
  const tag = alert.state === 'acknowledged' ? 'seen' : 'ALERT'
  const colour = alert.level === 'blue' ? 'dim' : alert.level
  return line(at, tag, alert.citizen, paint(colour, `${alert.level.toUpperCase()} ${why}${repeat}${normal}`))
}

export function receiptLine(at: string, hub: string, first: number, last: number): string {
  const which = first === last ? `reading ${first}` : `readings ${first}-${last}`
  return line(timeOfDay(at), 'receipt', hub, `${which} stored by the broker`)
}
