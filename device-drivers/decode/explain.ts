import type { Decoded, Field } from '../driver.ts'
import type { Value } from '../reading.ts'

/** A decoded packet as text for a person: the meaning of each byte beside it, then the measurement. */

const shown = (value: number | string | boolean | null, decimals?: number): string =>
  typeof value === 'number' && decimals !== undefined ? value.toFixed(decimals) : String(value ?? '-')

function fieldLine(field: Field, bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(field.offset, field.offset + field.length)).toString('hex')
  const isBit = /^bit \d+ of /.test(field.note ?? '')
  const place = field.length === 0 || isBit ? '' : `${field.offset}`
  const unit = field.unit === undefined ? '' : ` ${field.unit}`
  const note = field.note === undefined ? '' : `  (${field.note})`
  const name = isBit ? `  ${field.name}` : field.name
  return `${place.padStart(4)}  ${(isBit ? '' : hex).padEnd(20)} ${name}: ${shown(field.value, field.decimals)}${unit}${note}`
}

const valueText = (value: Value): string =>
  'absent' in value ? `none (${value.absent})` : `${value.value.toFixed(value.decimals)} ${value.unit}`

export function explain(about: Decoded, bytes: Uint8Array): string {
  const lines = about.fields.map((field) => fieldLine(field, bytes))
  if (about.surplusBytes !== undefined) lines.push(`      ${about.surplusBytes} bytes beyond the last known field`)
  for (const m of about.measurements) {
    lines.push('', `measurement: ${m.kind}`)
    for (const [name, value] of Object.entries(m.values)) lines.push(`  ${name}: ${valueText(value)}`)
    if (m.status.length > 0) lines.push(`  status: ${m.status.join(', ')}`)
    if (m.deviceTime !== undefined) lines.push(`  device time: ${m.deviceTime}`)
    if (m.clockUnset === true) lines.push('  the clock of the device is not set')
    if (m.slot !== undefined) lines.push(`  user slot: ${m.slot}`)
    if (m.sequence !== undefined) lines.push(`  record number: ${m.sequence}`)
    if (m.site !== undefined) lines.push(`  site: ${m.site}`)
  }
  if (about.measurements.length === 0) lines.push('', 'no measurement')
  return lines.join('\n')
}
