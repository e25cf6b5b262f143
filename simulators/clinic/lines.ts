import type { AlertMessage, FeedReading } from '../../broker/contract/messages.ts'
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

export function alertLine(alert: AlertMessage, paint: Paint): string {
  if (alert.state === 'closed') {
    return line(
      timeOfDay(alert.updatedAt),
      'closed',
      alert.citizen,
      paint('green', `${alert.kind} is back within its limits`),
    )
  }
  const why = alert.breaches.map((b) => {
    const side = b.bound === 'alertLow' || b.bound === 'warningLow' ? 'below' : 'above'
    const name = b.bound.startsWith('alert') ? 'alert' : 'warning'
    const value = b.value === undefined ? `${b.outOfRange} the range of the device` : `${b.value} ${b.unit}`
    return `${words(b.quantity)} ${value} is ${side} the ${name} limit ${b.limit}`
  })
  const repeat = alert.repeatAdvised ? '; doubtful, ask for a repeat' : ''
  const text = paint(alert.level, `${alert.level.toUpperCase()} ${why.join('; ')}${repeat}`)
  return line(timeOfDay(alert.updatedAt), 'ALERT', alert.citizen, text)
}

export function receiptLine(at: string, hub: string, first: number, last: number): string {
  const which = first === last ? `reading ${first}` : `readings ${first}-${last}`
  return line(timeOfDay(at), 'receipt', hub, `${which} stored by the broker`)
}
