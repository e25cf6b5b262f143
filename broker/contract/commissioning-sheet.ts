import { isNumber, type Value } from '../../device-drivers/reading.ts'
import { commissioningReportSchema } from './installation.ts'

/** The report on one sheet, for the printer: Danish with the English beside it. No script, no style but the browser's. */

const text = (value: unknown): string =>
  String(value ?? '–').replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const valueText = (value: Value): string =>
  isNumber(value) ? `${value.value.toFixed(value.decimals)} ${value.unit}` : value.absent

const row = (name: string, value: unknown): string =>
  `<tr><th scope="row">${text(name)}</th><td>${text(value)}</td></tr>`

/** @param signed the text of a signed report @returns HTML */
export function printable(signed: string): string {
  const report = commissioningReportSchema.parse(JSON.parse(signed))
  const devices = report.devices.map((device) => {
    const { id, driver, model, serial, firmware, batteryPercent, signalDbm, clockOffsetMs, slots, test } = device
    const values = Object.entries(test.values).map(([name, value]) => `${name} ${valueText(value)}`)
    return `<h2>${text(id)}</h2><table>${[
      row('Driver', driver),
      row('Model', model),
      row('Serienummer / serial', serial),
      row('Firmware', firmware),
      row('Batteri / battery, %', batteryPercent),
      row('Signal, dBm', signalDbm),
      row('Ur / clock offset, s', clockOffsetMs === undefined ? undefined : (clockOffsetMs / 1000).toFixed(0)),
      row('Brugerplads / user slots', slots?.join(', ')),
      row('Prøvemåling / test measurement', values.join(', ')),
      row('Målt / measured (UTC)', test.measuredAt),
      row('Bekræftet / confirmed (UTC)', test.confirmedAt),
    ].join('')}</table>`
  })
  const removed = (report.removed ?? [])
    .map(({ id, driver, model, serial }) =>
      row(id, [driver, model, serial].filter((one) => one !== undefined).join(', ')),
    )
    .join('')
  const skipped = report.skipped.map(({ id, reason }) => row(id, reason)).join('')
  return `<!doctype html><html lang="da"><meta charset="utf-8"><title>Installation ${text(report.installation)}</title>
<h1>Installationsrapport / Commissioning report</h1><table>${[
    row('Installation', `${report.installation} (revision ${report.revision})`),
    row('Hub', report.hub),
    row('Besøg / visit', report.visit),
    row('Begyndt / started (UTC)', report.startedAt),
    row('Afsluttet / finished (UTC)', report.finishedAt),
    row('Software', report.software),
    row('Vej til klinikken / way to the clinic, ms', report.uplinkMs),
  ].join(
    '',
  )}</table>${devices.join('')}${skipped === '' ? '' : `<h2>Udeladt / left out</h2><table>${skipped}</table>`}${removed === '' ? '' : `<h2>Taget ned / taken down</h2><table>${removed}</table>`}</html>\n`
}
